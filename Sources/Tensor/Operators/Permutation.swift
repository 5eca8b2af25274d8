extension Tensor {
  /// The tensor with its axes in another order: axis `k` of the result is axis `axes[k]` of this one
  /// (NumPy's `transpose(axes)`).
  ///
  ///     images.permuted(0, 3, 1, 2)    // [N, H, W, C] to [N, C, H, W]
  ///
  /// - Precondition: `axes` names every axis once.
  /// - Complexity: linear; in tiles that stay in the cache, over all cores.
  public func permuted(_ axes: [Int]) -> Tensor {
    let axes = shape.checkedPermutation(axes)
    let strides = shape.strides
    return gatheringStrided(
      to: TensorShape(axes.map { shape.dimensions[$0] }), start: 0, strides: axes.map { strides[$0] })
  }

  /// The tensor with its axes in another order.
  public func permuted(_ axes: Int...) -> Tensor { permuted(axes) }

  /// A matrix, or every matrix of a batch, with rows and columns exchanged.
  ///
  /// - Precondition: rank of at least 2.
  public func transposed() -> Tensor {
    shapePrecondition(rank >= 2, "a transposition needs two axes, not shape \(shape)")
    return transposed(-2, -1)
  }

  /// The tensor with two axes exchanged.
  public func transposed(_ first: Int, _ second: Int) -> Tensor {
    var axes = Array(0..<rank)
    axes.swapAt(shape.normalized(axis: first), shape.normalized(axis: second))
    return permuted(axes)
  }

  /// The tensor with one axis taken to another place, the order of the others kept (NumPy's `moveaxis`).
  public func movingAxis(_ source: Int, to destination: Int) -> Tensor {
    var axes = Array(0..<rank)
    let moved = axes.remove(at: shape.normalized(axis: source))
    axes.insert(moved, at: shape.normalized(axis: destination))
    return permuted(axes)
  }
}

extension TensorShape {
  /// `axes` counted from the first, checked to name every axis once.
  package func checkedPermutation(_ axes: [Int]) -> [Int] {
    shapePrecondition(axes.count == rank, "\(axes) is no order of the axes of shape \(self)")
    let axes = axes.map(normalized(axis:))
    shapePrecondition(Set(axes).count == rank, "\(axes) is no order of the axes of shape \(self)")
    return axes
  }
}

/// The order of axes that undoes `axes`.
package func invertedPermutation(_ axes: [Int]) -> [Int] {
  var inverse = axes
  for (position, axis) in axes.enumerated() { inverse[axis] = position }
  return inverse
}
