public import Tensor

extension Variable {
  /// The elements sorted along an axis; each gradient goes back to where its element came from.
  public func sorted(along axis: Int, order: SortOrder = .ascending) -> Variable {
    ranked("sorted", along: axis, places: value.argsorted(along: axis, order: order))
  }

  /// The `count` largest elements along an axis, the largest first, and their indices; the others get no
  /// gradient.
  public func topK(_ count: Int, along axis: Int) -> (values: Variable, indices: Tensor<Int32>) {
    let indices = value.topK(count, along: axis).indices
    return (ranked("topK", along: axis, places: indices), indices)
  }

  /// The places that would sort an axis. They have no gradient: a variable that tracks one traps.
  public func argsorted(along axis: Int, order: SortOrder = .ascending) -> Tensor<Int32> {
    requireUntracked("argsorted")
    return value.argsorted(along: axis, order: order)
  }

  private func ranked(_ name: String, along axis: Int, places: Tensor<Int32>) -> Variable {
    let shape = shape
    let result = value.gatheredElements(along: axis, at: places)
    return .recorded(name, inputs: [self], value: result) { gradient in
      [Tensor(zeros: shape).scatterAddingElements(gradient, along: axis, at: places)]
    }
  }
}
