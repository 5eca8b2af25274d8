import Tensor

extension Variable {
  /// The variables one after the other along an axis that they have; see `Tensor.init(concatenating:along:)`.
  public convenience init(concatenating variables: [Variable], along axis: Int) {
    let joined = Variable.concatenated(variables, along: axis)
    self.init(value: joined.value, node: joined.node)
  }

  /// The variables, of one shape, side by side along a new axis.
  public convenience init(stacking variables: [Variable], along axis: Int = 0) {
    shapePrecondition(!variables.isEmpty, "no tensors to stack")
    for variable in variables {
      shapePrecondition(
        variable.shape == variables[0].shape,
        "tensors of shapes \(variables[0].shape) and \(variable.shape) do not stack")
    }
    let place = variables[0].shape.normalized(insertionAxis: axis)
    let joined = Variable.concatenated(variables.map { $0.expanded(at: place) }, along: place)
    self.init(value: joined.value, node: joined.node)
  }

  /// The variable cut along an axis into parts of the given lengths.
  public func split(along axis: Int, lengths: [Int]) -> [Variable] {
    shapePrecondition(
      lengths.reduce(0, +) == shape[axis] && lengths.allSatisfy { $0 >= 0 },
      "parts of lengths \(lengths) do not fill axis \(axis) of a tensor of shape \(shape)")
    var start = 0
    return lengths.map { length in
      defer { start += length }
      return sliced(along: axis, start..<start + length)
    }
  }

  /// The variable cut along an axis into `count` equal parts.
  public func split(along axis: Int, count: Int) -> [Variable] {
    shapePrecondition(
      count > 0 && shape[axis] % count == 0,
      "axis \(axis) of a tensor of shape \(shape) has no \(count) equal parts")
    return split(along: axis, lengths: Array(repeating: shape[axis] / count, count: count))
  }

  /// The parts at every index along an axis, of rank one less.
  public func unstacked(along axis: Int = 0) -> [Variable] {
    (0..<shape[axis]).map { selected(along: axis, at: $0) }
  }

  private static func concatenated(_ variables: [Variable], along axis: Int) -> Variable {
    let lengths = variables.map { $0.shape[axis] }
    let value = Tensor(concatenating: variables.map(\.value), along: axis)
    let tracked = variables.map(\.tracksGradient)
    return .recorded("concatenating", inputs: variables, value: value) { gradient in
      var start = 0
      return zip(lengths, tracked).map { length, isTracked in
        defer { start += length }
        return isTracked ? gradient.sliced(along: axis, start..<start + length) : nil
      }
    }
  }
}
