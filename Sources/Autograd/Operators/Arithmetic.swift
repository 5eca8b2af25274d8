import Tensor

// Arithmetic broadcasts as on `Tensor`; a gradient is summed back to the shape of its operand.

extension Variable {
  /// The sum, broadcast. Gradients: g and g.
  public static func + (left: Variable, right: Variable) -> Variable {
    let (a, b) = (left.shape, right.shape)
    return .recorded("+", inputs: [left, right], value: left.value + right.value) {
      [$0.sum(to: a), $0.sum(to: b)]
    }
  }

  /// The difference, broadcast. Gradients: g and -g.
  public static func - (left: Variable, right: Variable) -> Variable {
    let (a, b) = (left.shape, right.shape)
    let tracked = right.tracksGradient
    return .recorded("-", inputs: [left, right], value: left.value - right.value) {
      [$0.sum(to: a), tracked ? -$0.sum(to: b) : nil]
    }
  }

  /// The product, element by element, broadcast. Gradients: g b and g a.
  public static func * (left: Variable, right: Variable) -> Variable {
    let (shapes, saved) = ((left.shape, right.shape), factors(left, right))
    return .recorded("*", inputs: [left, right], value: left.value * right.value) { gradient in
      [
        saved.right.map { (gradient * $0).sum(to: shapes.0) },
        saved.left.map { (gradient * $0).sum(to: shapes.1) },
      ]
    }
  }

  /// The quotient, broadcast. Gradients: g / b and -g a / b^2.
  public static func / (left: Variable, right: Variable) -> Variable {
    let (leftShape, rightShape) = (left.shape, right.shape)
    let numerator = right.tracksGradient ? left.value : nil
    let (denominator, tracksLeft) = (right.value, left.tracksGradient)
    return .recorded("/", inputs: [left, right], value: left.value / right.value) { gradient in
      let quotient = gradient / denominator
      return [
        tracksLeft ? quotient.sum(to: leftShape) : nil,
        numerator.map { -(quotient * $0 / denominator).sum(to: rightShape) },
      ]
    }
  }

  /// What each operand's gradient is multiplied by: the other operand, if a gradient flows at all.
  private static func factors(_ left: Variable, _ right: Variable) -> (
    left: Tensor<Scalar>?, right: Tensor<Scalar>?
  ) {
    (right.tracksGradient ? left.value : nil, left.tracksGradient ? right.value : nil)
  }

  /// Every element with its sign changed.
  public static prefix func - (operand: Variable) -> Variable {
    .recorded("negation", inputs: [operand], value: -operand.value) { [-$0] }
  }

  /// Adds a number to every element.
  public static func + (left: Variable, right: Scalar) -> Variable {
    .recorded("+", inputs: [left], value: left.value + right) { [$0] }
  }

  /// Adds every element to a number.
  public static func + (left: Scalar, right: Variable) -> Variable { right + left }

  /// Subtracts a number from every element.
  public static func - (left: Variable, right: Scalar) -> Variable {
    .recorded("-", inputs: [left], value: left.value - right) { [$0] }
  }

  /// Subtracts every element from a number.
  public static func - (left: Scalar, right: Variable) -> Variable {
    .recorded("-", inputs: [right], value: left - right.value) { [-$0] }
  }

  /// Multiplies every element by a number.
  public static func * (left: Variable, right: Scalar) -> Variable {
    .recorded("*", inputs: [left], value: left.value * right) { [$0 * right] }
  }

  /// Multiplies a number by every element.
  public static func * (left: Scalar, right: Variable) -> Variable { right * left }

  /// Divides every element by a number.
  public static func / (left: Variable, right: Scalar) -> Variable {
    .recorded("/", inputs: [left], value: left.value / right) { [$0 / right] }
  }

  /// Divides a number by every element. Gradient: -g a / b^2.
  public static func / (left: Scalar, right: Variable) -> Variable {
    let value = left / right.value
    let denominator = right.value
    return .recorded("/", inputs: [right], value: value) { [-($0 * value) / denominator] }
  }

  /// Puts the sum in place of `left`; the graph keeps both.
  public static func += (left: inout Variable, right: Variable) { left = left + right }
  /// Puts the difference in place of `left`.
  public static func -= (left: inout Variable, right: Variable) { left = left - right }
  /// Puts the product in place of `left`.
  public static func *= (left: inout Variable, right: Variable) { left = left * right }
  /// Puts the quotient in place of `left`.
  public static func /= (left: inout Variable, right: Variable) { left = left / right }
}
