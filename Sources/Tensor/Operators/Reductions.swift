// Reductions over all elements (the result is a scalar tensor of shape []) or along axes, which are taken
// out of the shape. Axes may be negative, counted from the last; an empty list of axes reduces nothing.
// Sums run as a tree whose order depends on the shape alone: the same bits for any number of threads.

extension Tensor where Scalar: TensorNumericScalar {
  /// The sum of the elements along `axes`; 0 where there are none. O(elements).
  ///
  /// The rounding error grows with the logarithm of the number of elements. Integers trap on overflow:
  /// convert narrow ones first.
  ///
  ///     let x = Tensor<Float>(rows: [[1, 2, 3], [4, 5, 6]])
  ///     x.sum(along: 0)    // [5, 7, 9]
  ///     x.sum(along: -1)   // [6, 15]
  ///     x.sum().item       // 21
  ///
  /// - Precondition: the axes exist, none twice.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func sum(along axes: [Int]) -> Tensor {
    Reduction.fold(self, along: axes, identity: 0, .sum) { $0 + $1 }
  }

  /// The sum along one axis; 0 where it has no elements.
  public func sum(along axis: Int) -> Tensor { sum(along: [axis]) }

  /// The sum of all elements.
  public func sum() -> Tensor { flattened().sum(along: [0]) }

  /// The sum over the axes that broadcasting from `shape` would repeat, so that the result has that shape:
  /// the transpose of broadcasting, by which gradients find back to an operand.
  ///
  /// - Precondition: `shape` broadcasts to this tensor's shape.
  public func sum(to shape: TensorShape) -> Tensor {
    if shape == self.shape { return self }
    shapePrecondition(
      shape.broadcast(with: self.shape) == self.shape,
      "shape \(shape) does not broadcast to \(self.shape), so there is no sum back to it")
    let missing = rank - shape.rank
    let repeated = (0..<rank).filter {
      $0 < missing || (shape.dimensions[$0 - missing] == 1 && self.shape.dimensions[$0] != 1)
    }
    return sum(along: repeated).reshaped(shape)
  }

  /// The product of the elements along `axes`; 1 where there are none.
  ///
  /// - Precondition: the axes exist, none twice.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func product(along axes: [Int]) -> Tensor {
    Reduction.fold(self, along: axes, identity: 1) { $0 * $1 }
  }

  /// The product along one axis; 1 where it has no elements.
  public func product(along axis: Int) -> Tensor { product(along: [axis]) }

  /// The product of all elements.
  public func product() -> Tensor { flattened().product(along: [0]) }

  /// The largest element along `axes`; NaN if any is.
  ///
  /// - Precondition: the axes exist, none twice, and hold at least one element.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func max(along axes: [Int]) -> Tensor {
    Reduction.fold(self, along: axes, identity: nil, .maximum, larger)
  }

  /// The largest element along one axis; NaN if any is.
  public func max(along axis: Int) -> Tensor { max(along: [axis]) }

  /// The largest of all elements; NaN if any is.
  ///
  /// - Precondition: there is at least one element.
  public func max() -> Tensor { flattened().max(along: [0]) }

  /// The smallest element along `axes`; NaN if any is.
  ///
  /// - Precondition: the axes exist, none twice, and hold at least one element.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func min(along axes: [Int]) -> Tensor {
    Reduction.fold(self, along: axes, identity: nil, .minimum, smaller)
  }

  /// The smallest element along one axis; NaN if any is.
  public func min(along axis: Int) -> Tensor { min(along: [axis]) }

  /// The smallest of all elements; NaN if any is.
  ///
  /// - Precondition: there is at least one element.
  public func min() -> Tensor { flattened().min(along: [0]) }

  /// The index of the largest element along an axis: of the first one among equals, of the first NaN if
  /// there is one.
  ///
  /// - Precondition: the axis has at least one element, unless the result has none.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func argmax(along axis: Int) -> Tensor<Int32> {
    ArgumentReduction.firstIndex(self, along: axis) { $0 > $1 }
  }

  /// The row-major index of the largest of all elements.
  public func argmax() -> Tensor<Int32> { flattened().argmax(along: 0) }

  /// The index of the smallest element along an axis: of the first one among equals, of the first NaN if
  /// there is one.
  ///
  /// - Precondition: the axis has at least one element, unless the result has none.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func argmin(along axis: Int) -> Tensor<Int32> {
    ArgumentReduction.firstIndex(self, along: axis) { $0 < $1 }
  }

  /// The row-major index of the smallest of all elements.
  public func argmin() -> Tensor<Int32> { flattened().argmin(along: 0) }
}

extension Tensor where Scalar == Bool {
  /// Whether any element along `axes` is true; false where there are none.
  public func any(along axes: [Int]) -> Tensor {
    Reduction.fold(self, along: axes, identity: false) { $0 || $1 }
  }
  /// Whether any element along one axis is true.
  public func any(along axis: Int) -> Tensor { any(along: [axis]) }
  /// Whether any element is true.
  public func any() -> Bool { withUnsafeBufferPointer { $0.contains(true) } }

  /// Whether all elements along `axes` are true; true where there are none.
  public func all(along axes: [Int]) -> Tensor {
    Reduction.fold(self, along: axes, identity: true) { $0 && $1 }
  }
  /// Whether all elements along one axis are true.
  public func all(along axis: Int) -> Tensor { all(along: [axis]) }
  /// Whether every element is true.
  public func all() -> Bool { withUnsafeBufferPointer { !$0.contains(false) } }

  /// The number of true elements.
  public var trueCount: Int { withUnsafeBufferPointer { $0.reduce(0) { $0 + ($1 ? 1 : 0) } } }
}
