extension Tensor {
  /// The parts at the given indices along an axis (NumPy's `take`).
  ///
  /// The shape of `indices` stands in the result in place of the axis: rows of an `[M, C]` matrix taken at
  /// `[N]` indices are `[N, C]`, at `[N, K]` indices `[N, K, C]`.
  ///
  /// - Precondition: `0 <= index < shape[axis]` for every index.
  /// - Complexity: linear in the size of the result.
  public func gathered<Index: TensorIntegerScalar>(along axis: Int = 0, at indices: Tensor<Index>) -> Tensor {
    let axis = shape.normalized(axis: axis)
    let rows = indices.checkedIndices(below: shape[axis], along: axis, of: shape)
    let lengths = shape.dimensions[..<axis] + indices.shape.dimensions + shape.dimensions[(axis + 1)...]
    return gatheringRows(along: axis, rows).reshaped(Array(lengths))
  }

  /// The parts at the given indices along an axis.
  public func gathered(along axis: Int = 0, at indices: [Int]) -> Tensor {
    gathered(along: axis, at: Tensor<Int64>(indices.map(Int64.init)))
  }

  /// One element for every index: the result at `(i, j, k)` is this tensor at `(i, indices[i, j, k], k)` for
  /// axis 1 (NumPy's `take_along_axis`, PyTorch's `gather`).
  ///
  /// - Precondition: equal ranks; equal lengths but along the axis; `0 <= index < shape[axis]`.
  public func gatheredElements<Index: TensorIntegerScalar>(
    along axis: Int, at indices: Tensor<Index>
  ) -> Tensor {
    gatheringRows(elementsAlong: axis, at: indices)
  }

  private func gatheringRows<Index: TensorIntegerScalar>(
    elementsAlong axis: Int, at indices: Tensor<Index>
  ) -> Tensor {
    let places = indices.elementOffsets(along: axis, of: shape)
    return flattened().gatheringRows(along: 0, places).reshaped(indices.shape)
  }
}

extension Tensor where Scalar: TensorNumericScalar {
  /// This tensor with `updates` added at the given indices along an axis; an index that occurs twice counts
  /// twice. The reverse of ``gathered(along:at:)-(Int,Tensor<Index>)``, and its gradient.
  ///
  /// Contributions to one element are added in the order of the indices, so the result does not depend on
  /// the number of threads. No memory is taken where nothing else has the tensor's buffer.
  ///
  /// - Precondition: `updates` has the shape that gathering with these indices gives;
  ///   `0 <= index < shape[axis]`.
  public consuming func scatterAdding<Index: TensorIntegerScalar>(
    _ updates: Tensor, along axis: Int = 0, at indices: Tensor<Index>
  ) -> Tensor {
    let axis = shape.normalized(axis: axis)
    let rows = indices.checkedIndices(below: shape[axis], along: axis, of: shape)
    let lengths = shape.dimensions[..<axis] + indices.shape.dimensions + shape.dimensions[(axis + 1)...]
    shapePrecondition(
      updates.shape.dimensions == Array(lengths),
      "updates of shape \(updates.shape) do not fit \(indices.shape) indices along axis \(axis) of \(shape)")
    scatterRows(along: axis, rows, adding: updates)
    return self
  }

  /// This tensor with one update added at every index: the reverse of ``gatheredElements(along:at:)``
  /// (PyTorch's `scatter_add`).
  ///
  /// - Precondition: `updates` and `indices` have one shape, which fits as in ``gatheredElements(along:at:)``.
  public consuming func scatterAddingElements<Index: TensorIntegerScalar>(
    _ updates: Tensor, along axis: Int, at indices: Tensor<Index>
  ) -> Tensor {
    shapePrecondition(
      updates.shape == indices.shape,
      "updates of shape \(updates.shape) and indices of shape \(indices.shape) differ")
    let places = indices.elementOffsets(along: axis, of: shape)
    let shape = shape
    var result = (consume self).flattened()
    result.scatterRows(along: 0, places, adding: updates.flattened())
    return (consume result).reshaped(shape)
  }
}

extension Tensor where Scalar: TensorIntegerScalar {
  /// 1 at the class that each element names and 0 at the others, along a new last axis of `classCount`.
  ///
  /// An index outside `0..<classCount`, such as a label that is to be ignored, gives zeros only.
  ///
  ///     Tensor<Int32>([2, 0]).oneHot(classCount: 3, as: Float.self)    // [[0, 0, 1], [1, 0, 0]]
  public func oneHot<Value: TensorNumericScalar>(classCount: Int, as type: Value.Type) -> Tensor<Value> {
    shapePrecondition(classCount >= 0, "classCount must not be negative: \(classCount)")
    var result = Tensor<Value>(zeros: shape.inserting(classCount, at: rank))
    let classes = indexArray()
    result.withUnsafeMutableBufferPointer { target in
      for (element, index) in classes.enumerated() where index >= 0 && index < classCount {
        target[element * classCount + index] = 1
      }
    }
    return result
  }

  /// The elements as indices; values that exceed `Int` become -1.
  package func indexArray() -> [Int] {
    withUnsafeBufferPointer { indicesAsIntegers($0) }
  }

  /// The elements as indices, checked to lie in `0..<count`.
  package func checkedIndices(below count: Int, along axis: Int, of shape: TensorShape) -> [Int] {
    let indices = indexArray()
    for index in indices where index < 0 || index >= count {
      shapePreconditionFailure("index \(index) is outside axis \(axis) of a tensor of shape \(shape)")
    }
    return indices
  }

  /// For every element, read as an index along `axis`, the offset of the element of `shape` that it names.
  package func elementOffsets(along axis: Int, of shape: TensorShape) -> [Int] {
    let axis = shape.normalized(axis: axis)
    shapePrecondition(
      self.rank == shape.rank
        && (0..<rank).allSatisfy { $0 == axis || self.shape.dimensions[$0] == shape.dimensions[$0] },
      "indices of shape \(self.shape) do not fit axis \(axis) of a tensor of shape \(shape)")
    var offsets = checkedIndices(below: shape.dimensions[axis], along: axis, of: shape)
    let inner = shape.strides[axis]
    let count = self.shape.dimensions[axis]
    let length = shape.dimensions[axis]
    guard count > 0, inner > 0 else { return offsets }
    for element in offsets.indices {
      let outer = element / (inner * count)
      offsets[element] = (outer * length + offsets[element]) * inner + element % inner
    }
    return offsets
  }
}

extension Tensor where Scalar == Bool {
  /// The places that are true, in row-major order: one row of indices for each, `[count, rank]` (NumPy's
  /// `argwhere`).
  public func trueIndices() -> Tensor<Int64> {
    let offsets = trueOffsets()
    let strides = shape.strides
    return Tensor<Int64>(shape: [offsets.count, rank]) { target in
      for (row, offset) in offsets.enumerated() {
        var rest = offset
        for axis in 0..<rank {
          let (index, remainder) = rest.quotientAndRemainder(dividingBy: strides[axis])
          target[row * rank + axis] = Int64(index)
          rest = remainder
        }
      }
    }
  }

  /// The places that are true, as offsets into the elements in row-major order (NumPy's `flatnonzero`).
  public func trueOffsets() -> [Int] {
    withUnsafeBufferPointer { elements in
      var offsets: [Int] = []
      for offset in elements.indices where elements[offset] { offsets.append(offset) }
      return offsets
    }
  }
}

@specialized(where Index == Int32)
@specialized(where Index == Int64)
private func indicesAsIntegers<Index: TensorIntegerScalar>(_ elements: UnsafeBufferPointer<Index>) -> [Int] {
  [Int](unsafeUninitializedCapacity: elements.count) { target, count in
    for element in elements.indices { target[element] = Int(exactly: elements[element]) ?? -1 }
    count = elements.count
  }
}
