public import Tensor

extension Variable {
  /// The running sum along an axis. Gradient: the running sum of g from the other end.
  public func cumulativeSum(along axis: Int, direction: CumulativeDirection = .forward) -> Variable {
    let opposite: CumulativeDirection = direction == .forward ? .backward : .forward
    let result = value.cumulativeSum(along: axis, direction: direction)
    return .recorded("cumulativeSum", inputs: [self], value: result) {
      [$0.cumulativeSum(along: axis, direction: opposite)]
    }
  }
}
