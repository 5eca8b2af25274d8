// Functions of one element. All of them keep the shape, cost O(elements), let NaN pass through, and follow
// IEEE 754 at the ends of the range. `Double` calls the C library. `Float` runs on vector kernels of our own for
// exp (1.1 ulp at most), expm1 (1.8), log and log1p (1), tanh and sigmoid (2.5) and softplus (2), measured
// against double precision on every instruction set; the others call the C library.

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// e to the power of every element; infinite above about 88.7 in Float and 709.8 in Double.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func exp() -> Tensor { Elementwise.map(self, .exponential, ScalarMath.exponential) }

  /// e^x - 1, exact to the last digits near 0 where `exp() - 1` cancels.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func expm1() -> Tensor {
    Elementwise.map(self, .exponentialMinusOne, ScalarMath.exponentialMinusOne)
  }

  /// The natural logarithm; -infinity at 0, NaN below.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func log() -> Tensor { Elementwise.map(self, .logarithm, ScalarMath.logarithm) }

  /// log(1 + x), exact to the last digits near 0; -infinity at -1, NaN below.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func log1p() -> Tensor { Elementwise.map(self, .logarithmOnePlus, ScalarMath.logarithmOnePlus) }

  /// The square root, correctly rounded; NaN below 0.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func sqrt() -> Tensor { Elementwise.map(self, .squareRoot) { $0.squareRoot() } }

  /// 1 / x; infinite at 0.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func reciprocal() -> Tensor { Elementwise.map(self) { 1 / $0 } }

  /// The sine of an angle in radians.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func sin() -> Tensor { Elementwise.map(self, ScalarMath.sine) }

  /// The cosine of an angle in radians.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func cos() -> Tensor { Elementwise.map(self, ScalarMath.cosine) }

  /// The hyperbolic tangent, in -1...1.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func tanh() -> Tensor { Elementwise.map(self, .hyperbolicTangent, ScalarMath.hyperbolicTangent) }

  /// 1 / (1 + e^-x), in 0...1, without overflow at either end.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func sigmoid() -> Tensor { Elementwise.map(self, .sigmoid, ScalarMath.sigmoid) }

  /// The error function 2/sqrt(pi) times the integral of exp(-t^2) from 0 to x, in -1...1.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func erf() -> Tensor { Elementwise.map(self, ScalarMath.errorFunction) }

  /// The rectified linear unit max(x, 0).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func relu() -> Tensor { Elementwise.zip(self, 0, .maximum, larger) }

  /// The Gaussian error linear unit x Phi(x) = x/2 (1 + erf(x / sqrt 2)): the exact form, not the one by tanh
  /// (Hendrycks and Gimpel, arXiv 1606.08415).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func gelu() -> Tensor { Elementwise.map(self, ScalarMath.gelu) }

  /// log(1 + e^x), a smooth max(x, 0), without overflow.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func softplus() -> Tensor { Elementwise.map(self, .softplus, ScalarMath.softplus) }

  /// -1, 0 or 1 by the sign of the element; NaN stays.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func sign() -> Tensor { Elementwise.map(self, ScalarMath.sign) }

  /// x where it is positive and `negativeSlope` x elsewhere.
  ///
  /// - Parameter negativeSlope: the slope below 0; PyTorch's default is .01.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func leakyReLU(negativeSlope: Scalar = 0.01) -> Tensor {
    Elementwise.map(self, .leakyReLU, parameter: Float(negativeSlope)) { $0 > 0 ? $0 : $0 * negativeSlope }
  }
}

extension Tensor where Scalar: TensorNumericScalar {
  /// x times x.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func squared() -> Tensor { Elementwise.zip(self, self, .multiply) { $0 * $1 } }

  /// Every element moved to the nearest number of `range`; NaN stays.
  ///
  ///     Tensor<Float>([-2, 0.5, 9]).clamped(to: 0...1)   // [0, 0.5, 1]
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    Elementwise.map(self) { smaller(larger($0, range.lowerBound), range.upperBound) }
  }
}

extension Tensor where Scalar: TensorNumericScalar, Scalar.Magnitude == Scalar {
  /// The absolute value of every element.
  public var magnitude: Tensor {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    get { Elementwise.map(self) { $0.magnitude } }
  }
}

extension Tensor where Scalar: TensorIntegerScalar & SignedInteger {
  /// The absolute value of every element.
  ///
  /// - Precondition: no element is the smallest value of its type, which has no positive counterpart.
  public var magnitude: Tensor {
    @specialized(where Scalar == Int32)
    get { Elementwise.map(self) { $0 < 0 ? -$0 : $0 } }
  }

  /// -1, 0 or 1 by the sign of the element.
  public func sign() -> Tensor { Elementwise.map(self) { $0.signum() } }
}
