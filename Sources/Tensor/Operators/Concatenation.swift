extension Tensor {
  /// The tensors one after the other along an axis that they have.
  ///
  ///     Tensor(concatenating: [a, b], along: -1)    // [N, H, W, C1 + C2]
  ///
  /// - Precondition: at least one tensor; all lengths but those along `axis` agree.
  public init(concatenating tensors: [Tensor], along axis: Int) {
    let layout = ConcatenationLayout(tensors.map(\.shape), along: axis)
    if tensors.count == 1 {
      self = tensors[0]
      return
    }
    let strides = layout.resultShape.strides
    self = Self.moving(to: layout.resultShape) { target in
      for (tensor, range) in zip(tensors, layout.ranges) {
        withExtendedLifetime(tensor) {
          StridedCopy(
            lengths: tensor.shape.dimensions, sourceStrides: tensor.shape.strides, targetStrides: strides
          ).run(
            from: tensor.pointer,
            to: target + range.lowerBound * strides[layout.axis] * MemoryLayout<Scalar>.size,
            elementSize: MemoryLayout<Scalar>.size)
        }
      }
    }
  }

  /// The tensors, of one shape, side by side along a new axis.
  ///
  /// - Precondition: at least one tensor; equal shapes; `axis` is a place in the result's shape.
  public init(stacking tensors: [Tensor], along axis: Int = 0) {
    shapePrecondition(!tensors.isEmpty, "no tensors to stack")
    for tensor in tensors {
      shapePrecondition(
        tensor.shape == tensors[0].shape,
        "tensors of shapes \(tensors[0].shape) and \(tensor.shape) do not stack")
    }
    let place = tensors[0].shape.normalized(insertionAxis: axis)
    self.init(concatenating: tensors.map { $0.expanded(at: place) }, along: place)
  }

  /// The tensor cut along an axis into parts of the given lengths.
  ///
  /// - Precondition: the lengths add up to the length of the axis.
  public func split(along axis: Int, lengths: [Int]) -> [Tensor] {
    let axis = shape.normalized(axis: axis)
    shapePrecondition(
      lengths.reduce(0, +) == shape[axis] && lengths.allSatisfy { $0 >= 0 },
      "parts of lengths \(lengths) do not fill axis \(axis) of a tensor of shape \(shape)")
    var start = 0
    return lengths.map { length in
      defer { start += length }
      return sliced(along: axis, start..<start + length)
    }
  }

  /// The tensor cut along an axis into `count` equal parts.
  ///
  /// - Precondition: `count` divides the length of the axis.
  public func split(along axis: Int, count: Int) -> [Tensor] {
    shapePrecondition(
      count > 0 && shape[axis] % count == 0,
      "axis \(axis) of a tensor of shape \(shape) has no \(count) equal parts")
    return split(along: axis, lengths: Array(repeating: shape[axis] / count, count: count))
  }

  /// The parts at every index along an axis, of rank one less.
  public func unstacked(along axis: Int = 0) -> [Tensor] {
    (0..<shape[axis]).map { selected(along: axis, at: $0) }
  }
}

extension TensorShape {
  /// A place for a new axis, counted from the first; -1 is behind the last.
  package func normalized(insertionAxis axis: Int) -> Int {
    shapePrecondition(
      axis >= -rank - 1 && axis <= rank, "there is no place \(axis) for a new axis in shape \(self)")
    return axis < 0 ? axis + rank + 1 : axis
  }
}

/// Where tensors go that are joined along an axis.
package struct ConcatenationLayout {
  package let axis: Int
  package let resultShape: TensorShape
  /// The indices of each tensor along the axis of the result.
  package let ranges: [Range<Int>]

  package init(_ shapes: [TensorShape], along axis: Int) {
    shapePrecondition(!shapes.isEmpty, "no tensors to concatenate")
    let first = shapes[0]
    let axis = first.normalized(axis: axis)
    var ranges: [Range<Int>] = []
    var length = 0
    for shape in shapes {
      shapePrecondition(
        shape.rank == first.rank
          && first.replacing(axis: axis, with: 0) == shape.replacing(axis: axis, with: 0),
        "tensors of shapes \(first) and \(shape) do not join along axis \(axis)")
      ranges.append(length..<length + shape[axis])
      length += shape[axis]
    }
    self.axis = axis
    self.ranges = ranges
    resultShape = first.replacing(axis: axis, with: length)
  }
}
