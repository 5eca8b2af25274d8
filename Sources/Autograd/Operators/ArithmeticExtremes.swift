import Tensor

extension Variable {
  /// The larger element of each pair, broadcast. The gradient goes to the larger one; equal elements share
  /// it by halves.
  public func maximum(_ other: Variable) -> Variable {
    pairwise("maximum", other, value: value.maximum(other.value)) { $0 .> $1 }
  }

  /// The smaller element of each pair, broadcast. The gradient goes to the smaller one; equal elements share
  /// it by halves.
  public func minimum(_ other: Variable) -> Variable {
    pairwise("minimum", other, value: value.minimum(other.value)) { $0 .< $1 }
  }

  /// Each element or `bound`, whichever is larger. The gradient passes where the element is at least the bound.
  public func maximum(_ bound: Scalar) -> Variable {
    let x = value
    return .recorded("maximum", inputs: [self], value: x.maximum(bound)) {
      [$0.replacing(with: 0, where: x .< bound)]
    }
  }

  /// Each element or `bound`, whichever is smaller. The gradient passes where the element is at most the bound.
  public func minimum(_ bound: Scalar) -> Variable {
    let x = value
    return .recorded("minimum", inputs: [self], value: x.minimum(bound)) {
      [$0.replacing(with: 0, where: x .> bound)]
    }
  }

  private func pairwise(
    _ name: String, _ other: Variable, value: Tensor<Scalar>,
    wins: @escaping (Tensor<Scalar>, Tensor<Scalar>) -> Tensor<Bool>
  ) -> Variable {
    let (a, b) = (self.value, other.value)
    return .recorded(name, inputs: [self, other], value: value) { gradient in
      let half = (gradient * 0.5).replacing(with: 0, where: a .!= b)
      let left = half.replacing(with: gradient, where: wins(a, b))
      let right = half.replacing(with: gradient, where: wins(b, a))
      return [left.sum(to: a.shape), right.sum(to: b.shape)]
    }
  }

  /// Every element raised to `exponent`. Gradient: g p x^(p - 1), 0 for p = 0.
  public func power(_ exponent: Scalar) -> Variable {
    let x = value
    return .recorded("power", inputs: [self], value: x.power(exponent)) { gradient in
      [exponent == 0 ? Tensor(zeros: x.shape) : gradient * (x.power(exponent - 1) * exponent)]
    }
  }

  /// Every element raised to the exponent beside it, broadcast. Gradients: g p x^(p - 1) and
  /// g x^p log x, the latter 0 at x = 0.
  public func power(_ exponents: Variable) -> Variable {
    let (x, p) = (value, exponents.value)
    let result = x.power(p)
    let (tracksBase, tracksExponents) = (tracksGradient, exponents.tracksGradient)
    return .recorded("power", inputs: [self, exponents], value: result) { gradient in
      var base: Tensor<Scalar>?
      if tracksBase {
        let slope = (x.power(p - 1) * p).replacing(with: 0, where: p .== 0)
        base = (gradient * slope).sum(to: x.shape)
      }
      var exponent: Tensor<Scalar>?
      if tracksExponents {
        let logarithm = x.log().replacing(with: 0, where: x .== 0)
        exponent = (gradient * result * logarithm).sum(to: p.shape)
      }
      return [base, exponent]
    }
  }
}
