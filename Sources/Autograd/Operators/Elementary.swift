import Tensor

// Functions of one element, as on `Tensor`. Each saves one tensor for its backward pass, the argument x or
// the result y, whichever the derivative is cheaper from.

extension Variable {
  /// An elementwise function with a fused derivative.
  private func elementwise(
    _ name: String, value result: Tensor<Scalar>, _ derivative: ElementwiseDerivative<Scalar>,
    saving saved: Tensor<Scalar>
  ) -> Variable {
    .recorded(name, inputs: [self], value: result) { [$0.backpropagated(through: derivative, saved: saved)] }
  }

  /// e to the power of every element. Gradient: g y.
  public func exp() -> Variable {
    let y = value.exp()
    return .recorded("exp", inputs: [self], value: y) { [$0 * y] }
  }

  /// e^x - 1. Gradient: g (y + 1).
  public func expm1() -> Variable {
    let y = value.expm1()
    return .recorded("expm1", inputs: [self], value: y) { [$0 * (y + 1)] }
  }

  /// The natural logarithm. Gradient: g / x.
  public func log() -> Variable {
    elementwise("log", value: value.log(), .logarithm, saving: value)
  }

  /// log(1 + x). Gradient: g / (1 + x).
  public func log1p() -> Variable {
    elementwise("log1p", value: value.log1p(), .logarithmOnePlus, saving: value)
  }

  /// The square root. Gradient: g / 2y, infinite at 0.
  public func sqrt() -> Variable {
    let y = value.sqrt()
    return elementwise("sqrt", value: y, .squareRoot, saving: y)
  }

  /// 1 / x. Gradient: -g y^2.
  public func reciprocal() -> Variable {
    let y = value.reciprocal()
    return elementwise("reciprocal", value: y, .reciprocal, saving: y)
  }

  /// x times x. Gradient: 2 g x.
  public func squared() -> Variable {
    let x = value
    return .recorded("squared", inputs: [self], value: x.squared()) { [$0 * (x * 2)] }
  }

  /// The sine of an angle in radians. Gradient: g cos x.
  public func sin() -> Variable {
    elementwise("sin", value: value.sin(), .sine, saving: value)
  }

  /// The cosine of an angle in radians. Gradient: -g sin x.
  public func cos() -> Variable {
    elementwise("cos", value: value.cos(), .cosine, saving: value)
  }

  /// The hyperbolic tangent. Gradient: g (1 - y^2).
  public func tanh() -> Variable {
    let y = value.tanh()
    return elementwise("tanh", value: y, .hyperbolicTangent, saving: y)
  }

  /// 1 / (1 + e^-x). Gradient: g y (1 - y).
  public func sigmoid() -> Variable {
    let y = value.sigmoid()
    return elementwise("sigmoid", value: y, .sigmoid, saving: y)
  }

  /// The error function. Gradient: g 2 / sqrt(pi) e^(-x^2).
  public func erf() -> Variable {
    elementwise("erf", value: value.erf(), .errorFunction, saving: value)
  }

  /// max(x, 0). Gradient: g where x > 0, 0 elsewhere, also at the kink.
  public func relu() -> Variable {
    let y = value.relu()
    return elementwise("relu", value: y, .relu, saving: y)
  }

  /// x where it is positive, `negativeSlope` x elsewhere. Gradient: g or g times the slope, at the kink the latter.
  public func leakyReLU(negativeSlope: Scalar = 0.01) -> Variable {
    elementwise(
      "leakyReLU", value: value.leakyReLU(negativeSlope: negativeSlope),
      .leakyReLU(negativeSlope: negativeSlope), saving: value)
  }

  /// x Phi(x), the exact form. Gradient: g (Phi(x) + x phi(x)).
  public func gelu() -> Variable {
    elementwise("gelu", value: value.gelu(), .gelu, saving: value)
  }

  /// log(1 + e^x). Gradient: g sigmoid(x).
  public func softplus() -> Variable {
    elementwise("softplus", value: value.softplus(), .softplus, saving: value)
  }

  /// Every element moved to the nearest number of `range`. Gradient: g where the element is in the range, its ends
  /// included, 0 elsewhere.
  public func clamped(to range: ClosedRange<Scalar>) -> Variable {
    elementwise("clamped", value: value.clamped(to: range), .clamped(range), saving: value)
  }

  /// The absolute value. Gradient: g sign(x), 0 at the kink.
  public var magnitude: Variable {
    elementwise("magnitude", value: value.magnitude, .magnitude, saving: value)
  }

  /// -1, 0 or 1. The sign has no useful gradient: an argument that tracks one traps.
  public func sign() -> Variable {
    requireUntracked("sign")
    return Variable(value.sign())
  }
}
