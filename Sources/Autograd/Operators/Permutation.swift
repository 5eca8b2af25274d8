import Tensor

extension Variable {
  /// The variable with its axes in another order; see `Tensor.permuted`.
  public func permuted(_ axes: [Int]) -> Variable {
    let inverse = invertedPermutation(shape.checkedPermutation(axes))
    return .recorded("permuted", inputs: [self], value: value.permuted(axes)) { [$0.permuted(inverse)] }
  }

  /// The variable with its axes in another order.
  public func permuted(_ axes: Int...) -> Variable { permuted(axes) }

  /// A matrix, or every matrix of a batch, with rows and columns exchanged.
  public func transposed() -> Variable {
    shapePrecondition(shape.rank >= 2, "a transposition needs two axes, not shape \(shape)")
    return transposed(-2, -1)
  }

  /// The variable with two axes exchanged.
  public func transposed(_ first: Int, _ second: Int) -> Variable {
    var axes = Array(0..<shape.rank)
    axes.swapAt(shape.normalized(axis: first), shape.normalized(axis: second))
    return permuted(axes)
  }

  /// The variable with one axis taken to another place, the order of the others kept.
  public func movingAxis(_ source: Int, to destination: Int) -> Variable {
    var axes = Array(0..<shape.rank)
    let moved = axes.remove(at: shape.normalized(axis: source))
    axes.insert(moved, at: shape.normalized(axis: destination))
    return permuted(axes)
  }
}
