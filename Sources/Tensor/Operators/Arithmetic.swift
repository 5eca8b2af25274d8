// Arithmetic by NumPy's broadcasting: shapes are aligned at the last axis, and an axis of length 1 is
// repeated. Every operator traps, naming both shapes, when they do not fit. Floating-point scalars follow
// IEEE 754; integers trap on overflow and on division by zero, as Swift's own do.

extension Tensor where Scalar: TensorNumericScalar {
  /// The sum, element by element, broadcast. O(elements of the result).
  ///
  ///     Tensor<Float>(rows: [[1, 2], [3, 4]]) + Tensor([10, 20])   // [[11, 22], [13, 24]]
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    Elementwise.zip(left, right, .add) { $0 + $1 }
  }

  /// The difference, element by element, broadcast.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func - (left: Tensor, right: Tensor) -> Tensor {
    Elementwise.zip(left, right, .subtract) { $0 - $1 }
  }

  /// The product, element by element, broadcast. For the matrix product see ``matmul(_:transposing:)``.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    Elementwise.zip(left, right, .multiply) { $0 * $1 }
  }

  /// Adds a number to every element.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func + (left: Tensor, right: Scalar) -> Tensor {
    Elementwise.zip(left, right, .add) { $0 + $1 }
  }

  /// Subtracts a number from every element.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func - (left: Tensor, right: Scalar) -> Tensor {
    Elementwise.zip(left, right, .subtract) { $0 - $1 }
  }

  /// Multiplies every element by a number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func * (left: Tensor, right: Scalar) -> Tensor {
    Elementwise.zip(left, right, .multiply) { $0 * $1 }
  }

  /// Adds every element to a number.
  public static func + (left: Scalar, right: Tensor) -> Tensor { right + left }

  /// Subtracts every element from a number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func - (left: Scalar, right: Tensor) -> Tensor {
    Elementwise.zip(left, right, .subtract) { $0 - $1 }
  }

  /// Multiplies a number by every element.
  public static func * (left: Scalar, right: Tensor) -> Tensor { right * left }

  /// Adds in place; no memory is taken when `left` is the only owner of its buffer.
  ///
  /// - Precondition: the shape of `right` broadcasts to that of `left`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func += (left: inout Tensor, right: Tensor) {
    Elementwise.update(&left, right, .add) { $0 + $1 }
  }

  /// Subtracts in place, as `+=` adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func -= (left: inout Tensor, right: Tensor) {
    Elementwise.update(&left, right, .subtract) { $0 - $1 }
  }

  /// Multiplies in place, as `+=` adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func *= (left: inout Tensor, right: Tensor) {
    Elementwise.update(&left, right, .multiply) { $0 * $1 }
  }

  /// Adds a number to every element in place.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func += (left: inout Tensor, right: Scalar) {
    Elementwise.update(&left, right, .add) { $0 + $1 }
  }

  /// Subtracts a number from every element in place.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func -= (left: inout Tensor, right: Scalar) {
    Elementwise.update(&left, right, .subtract) { $0 - $1 }
  }

  /// Multiplies every element by a number in place.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func *= (left: inout Tensor, right: Scalar) {
    Elementwise.update(&left, right, .multiply) { $0 * $1 }
  }

  /// The larger element of each pair, broadcast; NaN where either is NaN (NumPy's `maximum`).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func maximum(_ other: Tensor) -> Tensor { Elementwise.zip(self, other, .maximum, larger) }

  /// The smaller element of each pair, broadcast; NaN where either is NaN (NumPy's `minimum`).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func minimum(_ other: Tensor) -> Tensor { Elementwise.zip(self, other, .minimum, smaller) }

  /// Each element or `bound`, whichever is larger; NaN stays.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func maximum(_ bound: Scalar) -> Tensor { Elementwise.zip(self, bound, .maximum, larger) }

  /// Each element or `bound`, whichever is smaller; NaN stays.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func minimum(_ bound: Scalar) -> Tensor { Elementwise.zip(self, bound, .minimum, smaller) }
}

extension Tensor where Scalar: TensorNumericScalar & SignedNumeric {
  /// Every element with its sign changed.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static prefix func - (operand: Tensor) -> Tensor { Elementwise.map(operand) { -$0 } }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The quotient, element by element, broadcast; x / 0 is infinite and 0 / 0 is NaN.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func / (left: Tensor, right: Tensor) -> Tensor {
    Elementwise.zip(left, right, .divide) { $0 / $1 }
  }

  /// Divides every element by a number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func / (left: Tensor, right: Scalar) -> Tensor {
    Elementwise.zip(left, right, .divide) { $0 / $1 }
  }

  /// Divides a number by every element.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func / (left: Scalar, right: Tensor) -> Tensor {
    Elementwise.zip(left, right, .divide) { $0 / $1 }
  }

  /// Divides in place, as `+=` adds.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func /= (left: inout Tensor, right: Tensor) {
    Elementwise.update(&left, right, .divide) { $0 / $1 }
  }

  /// Divides every element by a number in place.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public static func /= (left: inout Tensor, right: Scalar) {
    Elementwise.update(&left, right, .divide) { $0 / $1 }
  }

  /// Every element raised to `exponent`, as C's `pow`: NaN for a negative base and a broken exponent,
  /// x^0 = 1 for every x.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func power(_ exponent: Scalar) -> Tensor {
    Elementwise.map(self) { ScalarMath.power($0, exponent) }
  }

  /// Every element raised to the exponent beside it, broadcast, as C's `pow`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func power(_ exponents: Tensor) -> Tensor {
    Elementwise.zip(self, exponents) { ScalarMath.power($0, $1) }
  }
}

extension Tensor where Scalar: TensorIntegerScalar {
  /// The quotient rounded toward zero, element by element, broadcast.
  ///
  /// - Precondition: no divisor is 0.
  public static func / (left: Tensor, right: Tensor) -> Tensor { Elementwise.zip(left, right) { $0 / $1 } }

  /// Every element divided by a number, rounded toward zero.
  ///
  /// - Precondition: the divisor is not 0.
  public static func / (left: Tensor, right: Scalar) -> Tensor { Elementwise.map(left) { $0 / right } }

  /// The remainder of the division toward zero, which has the sign of the dividend, broadcast.
  ///
  /// - Precondition: no divisor is 0.
  public static func % (left: Tensor, right: Tensor) -> Tensor { Elementwise.zip(left, right) { $0 % $1 } }

  /// The remainder of every element, with the sign of the element.
  ///
  /// - Precondition: the divisor is not 0.
  public static func % (left: Tensor, right: Scalar) -> Tensor { Elementwise.map(left) { $0 % right } }
}

/// The larger of two, the first when it is NaN; a NaN second operand is not larger, so it is returned.
@inline(__always)
func larger<Scalar: Comparable>(_ a: Scalar, _ b: Scalar) -> Scalar { a > b || a != a ? a : b }

/// The smaller of two; NaN when either is NaN.
@inline(__always)
func smaller<Scalar: Comparable>(_ a: Scalar, _ b: Scalar) -> Scalar { a < b || a != a ? a : b }
