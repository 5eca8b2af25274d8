public import Tensor

extension Variable {
  /// The variable repeated to fill `target`; see `Tensor.broadcast`. Each element gets the sum of the
  /// gradients of its copies.
  public func broadcast(to target: TensorShape) -> Variable {
    let shape = shape
    return .recorded("broadcast", inputs: [self], value: value.broadcast(to: target)) { [$0.sum(to: shape)] }
  }

  /// The whole variable laid side by side along each axis; see `Tensor.tiled`.
  public func tiled(_ counts: [Int]) -> Variable {
    let shape = shape
    return .recorded("tiled", inputs: [self], value: value.tiled(counts)) { gradient in
      // Axis k is (count, length): the copies are added up.
      let lengths = zip(counts, shape.dimensions).flatMap { [$0, $1] }
      let copies = stride(from: 0, to: lengths.count, by: 2)
      return [gradient.reshaped(TensorShape(lengths)).sum(along: Array(copies))]
    }
  }

  /// The whole variable laid side by side along each axis.
  public func tiled(_ counts: Int...) -> Variable { tiled(counts) }

  /// Every element repeated `count` times in place along an axis; see `Tensor.repeated`.
  public func repeated(_ count: Int, along axis: Int) -> Variable {
    let shape = shape
    let axis = shape.normalized(axis: axis)
    return .recorded("repeated", inputs: [self], value: value.repeated(count, along: axis)) {
      [$0.reshaped(shape.inserting(count, at: axis + 1)).sum(along: axis + 1)]
    }
  }
}
