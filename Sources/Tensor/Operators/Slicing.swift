extension Tensor {
  /// The elements of `range` along one axis: every `step`-th of them, in order or from the end.
  ///
  /// A positive step takes `lower, lower + step, ...`; a negative one starts at the last index of the range
  /// and walks down, so that `step: -1` reverses. The result has `ceil(range.count / |step|)` elements along
  /// the axis. A slice along the first axis with step 1 shares the buffer, all others copy.
  ///
  ///     let x = Tensor<Int32>(arange: 0, to: 6)
  ///     x.sliced(along: 0, 1..<6, step: 2)     // [1, 3, 5]
  ///     x.sliced(along: 0, 1..<6, step: -2)    // [5, 3, 1]
  ///
  /// - Parameters:
  ///   - axis: The axis; negative axes count from the last.
  ///   - range: Indices along the axis, for example `2..<5`, `2...`, `..<3`.
  ///   - step: The distance between neighbours, not 0.
  /// - Precondition: the range lies within the axis.
  /// - Complexity: linear in the size of the result.
  public func sliced(along axis: Int, _ range: some RangeExpression<Int>, step: Int = 1) -> Tensor {
    let slice = AxisSlice(range, step: step, axis: axis, of: shape)
    if step == 1, shape.dimensions[..<slice.axis].allSatisfy({ $0 == 1 }) {
      let start = slice.first * shape.strides[slice.axis]
      return Tensor(storage: storage, offset: offset + start, shape: slice.resultShape)
    }
    return gatheringStrided(to: slice.resultShape, start: slice.start, strides: slice.strides)
  }

  /// The part at one index along an axis, of rank one less.
  ///
  /// - Precondition: `0 <= index < shape[axis]`.
  public func selected(along axis: Int, at index: Int) -> Tensor {
    let axis = shape.normalized(axis: axis)
    return sliced(along: axis, index..<index + 1).squeezed(at: axis)
  }

  /// The box of one range for every axis (NumPy's `x[a:b, c:d]`).
  ///
  /// - Precondition: as many ranges as axes, each within its axis.
  public func cropped(to ranges: [Range<Int>]) -> Tensor {
    let start = boxStart(ranges)
    return gatheringStrided(to: TensorShape(ranges.map(\.count)), start: start, strides: shape.strides)
  }

  /// Writes `part` over the elements that ``cropped(to:)`` with the same ranges reads.
  ///
  /// - Precondition: as many ranges as axes, each within its axis; `part` has the shape of the box.
  mutating func replace(box ranges: [Range<Int>], with part: Tensor) {
    let start = boxStart(ranges)
    shapePrecondition(
      part.shape.dimensions == ranges.map(\.count),
      "a part of shape \(part.shape) does not fit the box \(ranges) of \(shape)")
    scatterStrided(part, start: start, strides: shape.strides)
  }

  private func boxStart(_ ranges: [Range<Int>]) -> Int {
    shapePrecondition(
      ranges.count == rank
        && zip(ranges, shape.dimensions).allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= $1 },
      "the box \(ranges) is outside a tensor of shape \(shape)")
    return zip(ranges, shape.strides).reduce(0) { $0 + $1.0.lowerBound * $1.1 }
  }

  /// The tensor with the order of the elements reversed along the axes.
  ///
  /// - Precondition: the axes exist and differ.
  public func flipped(along axes: Int...) -> Tensor { flipped(along: axes) }

  /// The tensor with the order of the elements reversed along the axes.
  public func flipped(along axes: [Int]) -> Tensor {
    let axes = axes.map(shape.normalized(axis:))
    shapePrecondition(Set(axes).count == axes.count, "an axis of \(axes) is named twice in a flip")
    var strides = shape.strides
    var start = 0
    for axis in axes where shape.dimensions[axis] > 0 {
      start += (shape.dimensions[axis] - 1) * strides[axis]
      strides[axis] = -strides[axis]
    }
    return gatheringStrided(to: shape, start: start, strides: strides)
  }

  /// Writes `part` over the elements that ``sliced(along:_:step:)`` with the same arguments reads.
  ///
  /// - Precondition: `part` has the shape of that slice.
  public mutating func replace(
    along axis: Int, _ range: some RangeExpression<Int>, step: Int = 1, with part: Tensor
  ) {
    let slice = AxisSlice(range, step: step, axis: axis, of: shape)
    shapePrecondition(
      part.shape == slice.resultShape,
      "a part of shape \(part.shape) does not fit the slice of shape \(slice.resultShape) of \(shape)")
    scatterStrided(part, start: slice.start, strides: slice.strides)
  }

  /// A copy in which `part` stands where ``sliced(along:_:step:)`` with the same arguments reads; the tensor itself where
  /// nothing else has its buffer.
  ///
  /// - Precondition: `part` has the shape of that slice.
  public consuming func replacing(
    along axis: Int, _ range: some RangeExpression<Int>, step: Int = 1, with part: Tensor
  ) -> Tensor {
    replace(along: axis, range, step: step, with: part)
    return self
  }

  /// Writes `part` into the box that starts at `origin` (one index per axis) and has the part's shape.
  ///
  /// - Precondition: the box lies within the tensor.
  public mutating func replaceBox(at origin: [Int], with part: Tensor) {
    shapePrecondition(
      origin.count == rank && part.rank == rank
        && (0..<rank).allSatisfy { origin[$0] >= 0 && origin[$0] + part.shape[$0] <= shape[$0] },
      "a part of shape \(part.shape) at \(origin) is outside a tensor of shape \(shape)")
    let start = zip(origin, shape.strides).reduce(0) { $0 + $1.0 * $1.1 }
    scatterStrided(part, start: start, strides: shape.strides)
  }
}

/// A checked slice along one axis, as a start and strides in elements.
package struct AxisSlice {
  package let axis: Int
  /// The index along the axis that comes first in the result.
  package let first: Int
  package let step: Int
  package let resultShape: TensorShape
  let start: Int
  let strides: [Int]

  package init(_ expression: some RangeExpression<Int>, step: Int, axis: Int, of shape: TensorShape) {
    shapePrecondition(step != 0, "a slice needs a step other than 0")
    let axis = shape.normalized(axis: axis)
    let range = expression.relative(to: 0..<shape.dimensions[axis])
    shapePrecondition(
      range.lowerBound >= 0 && range.upperBound <= shape.dimensions[axis],
      "the range \(range) is outside axis \(axis) of a tensor of shape \(shape)")
    self.axis = axis
    self.step = step
    first = step > 0 ? range.lowerBound : max(range.lowerBound, range.upperBound - 1)
    let distance = Int(step.magnitude)
    resultShape = shape.replacing(axis: axis, with: range.isEmpty ? 0 : (range.count - 1) / distance + 1)
    var strides = shape.strides
    start = first * strides[axis]
    strides[axis] *= step
    self.strides = strides
  }
}
