extension Tensor {
  /// The tensor repeated along its axes of length 1, and new axes in front, to fill `target`
  /// (NumPy's `broadcast_to`, written out).
  ///
  /// - Precondition: aligned at the last axis, every length is equal to the target's or 1.
  public func broadcast(to target: TensorShape) -> Tensor {
    if target == shape { return self }
    let extra = target.rank - rank
    shapePrecondition(
      extra >= 0 && (0..<rank).allSatisfy { shape[$0] == target[$0 + extra] || shape[$0] == 1 },
      "a tensor of shape \(shape) does not broadcast to \(target)")
    let strides = shape.strides
    let repeated = (0..<target.rank).map { axis in
      axis < extra || shape[axis - extra] == 1 ? 0 : strides[axis - extra]
    }
    return gatheringStrided(to: target, start: 0, strides: repeated)
  }

  /// The whole tensor laid side by side `counts[k]` times along axis `k` (NumPy's `tile`).
  ///
  ///     Tensor<Int32>([1, 2]).tiled(2)    // [1, 2, 1, 2]
  ///
  /// - Precondition: one count of at least 0 for every axis.
  public func tiled(_ counts: [Int]) -> Tensor {
    shapePrecondition(
      counts.count == rank && counts.allSatisfy { $0 >= 0 },
      "\(counts) are no tile counts of a tensor of shape \(shape)")
    var lengths: [Int] = []
    var strides: [Int] = []
    for (axis, stride) in shape.strides.enumerated() {
      lengths += [counts[axis], shape[axis]]
      strides += [0, stride]
    }
    let target = TensorShape(zip(counts, shape.dimensions).map { $0 * $1 })
    return gatheringStrided(to: TensorShape(lengths), start: 0, strides: strides).reshaped(target)
  }

  /// The whole tensor laid side by side along each axis.
  public func tiled(_ counts: Int...) -> Tensor { tiled(counts) }

  /// Every element repeated `count` times in place along an axis (NumPy's `repeat`).
  ///
  ///     Tensor<Int32>([1, 2]).repeated(2, along: 0)    // [1, 1, 2, 2]
  ///
  /// - Precondition: `count` is at least 0.
  public func repeated(_ count: Int, along axis: Int) -> Tensor {
    shapePrecondition(count >= 0, "an element is repeated at least 0 times, not \(count)")
    let axis = shape.normalized(axis: axis)
    var strides = shape.strides
    strides.insert(0, at: axis + 1)
    return gatheringStrided(to: shape.inserting(count, at: axis + 1), start: 0, strides: strides)
      .reshaped(shape.replacing(axis: axis, with: shape[axis] * count))
  }
}
