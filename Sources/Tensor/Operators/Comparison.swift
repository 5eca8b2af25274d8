// Comparisons, element by element and broadcast, give a Tensor<Bool>. The operators carry a dot, as in
// Swift's SIMD types, because `a == b` asks whether two tensors are equal as values. NaN compares false
// with everything, except for `.!=`.

extension Tensor where Scalar: TensorNumericScalar {
  /// Where the left element is smaller.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .< (left: Tensor, right: Tensor) -> Tensor<Bool> {
    Elementwise.zip(left, right) { $0 < $1 }
  }

  /// Where the left element is smaller or equal.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .<= (left: Tensor, right: Tensor) -> Tensor<Bool> {
    Elementwise.zip(left, right) { $0 <= $1 }
  }

  /// Where the left element is larger.
  public static func .> (left: Tensor, right: Tensor) -> Tensor<Bool> { right .< left }

  /// Where the left element is larger or equal.
  public static func .>= (left: Tensor, right: Tensor) -> Tensor<Bool> { right .<= left }

  /// Where the element is smaller than a number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .< (left: Tensor, right: Scalar) -> Tensor<Bool> { Elementwise.map(left) { $0 < right } }

  /// Where the element is smaller than a number or equal to it.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .<= (left: Tensor, right: Scalar) -> Tensor<Bool> {
    Elementwise.map(left) { $0 <= right }
  }

  /// Where the element is larger than a number.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .> (left: Tensor, right: Scalar) -> Tensor<Bool> { Elementwise.map(left) { $0 > right } }

  /// Where the element is larger than a number or equal to it.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .>= (left: Tensor, right: Scalar) -> Tensor<Bool> {
    Elementwise.map(left) { $0 >= right }
  }
}

extension Tensor {
  /// Where the elements are equal; by IEEE's rule NaN equals nothing, and 0 equals -0.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .== (left: Tensor, right: Tensor) -> Tensor<Bool> {
    Elementwise.zip(left, right) { $0 == $1 }
  }

  /// Where the elements differ.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .!= (left: Tensor, right: Tensor) -> Tensor<Bool> {
    Elementwise.zip(left, right) { $0 != $1 }
  }

  /// Where the element equals a value.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .== (left: Tensor, right: Scalar) -> Tensor<Bool> {
    Elementwise.map(left) { $0 == right }
  }

  /// Where the element differs from a value.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public static func .!= (left: Tensor, right: Scalar) -> Tensor<Bool> {
    Elementwise.map(left) { $0 != right }
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Where the element is NaN.
  public func isNaN() -> Tensor<Bool> { Elementwise.map(self) { $0.isNaN } }

  /// Where the element is neither infinite nor NaN.
  public func isFinite() -> Tensor<Bool> { Elementwise.map(self) { $0.isFinite } }
}

extension Tensor where Scalar == Bool {
  /// Where both are true, broadcast.
  public static func .& (left: Tensor, right: Tensor) -> Tensor { Elementwise.zip(left, right) { $0 && $1 } }

  /// Where at least one is true, broadcast.
  public static func .| (left: Tensor, right: Tensor) -> Tensor { Elementwise.zip(left, right) { $0 || $1 } }

  /// Where exactly one is true, broadcast.
  public static func .^ (left: Tensor, right: Tensor) -> Tensor { Elementwise.zip(left, right) { $0 != $1 } }

  /// Where the element is false.
  public static prefix func .! (operand: Tensor) -> Tensor { Elementwise.map(operand) { !$0 } }
}
