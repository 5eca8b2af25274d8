public import Tensor

/// What an optimiser remembers: the number of steps, and tensors such as velocities by slot and parameter name.
public struct OptimizerMemory<Scalar: TensorFloatingPointScalar>: Sendable {
  /// Steps taken.
  public var step = 0
  /// How often each parameter was updated.
  var updates: [String: Int] = [:]
  private var tensors: [String: Tensor<Scalar>] = [:]

  /// A memory without tensors, before the first step.
  public init() {}

  /// Hands out the tensor of a slot, zeros at first, for a change in place.
  mutating func with(
    _ slot: String, of name: String, shape: TensorShape, _ change: (inout Tensor<Scalar>) -> Void
  ) {
    var tensor = take(slot, of: name, shape: shape)
    change(&tensor)
    tensors["\(slot).\(name)"] = tensor
  }

  /// Hands out the tensors of two slots at once.
  mutating func with(
    _ first: String, _ second: String, of name: String, shape: TensorShape,
    _ change: (inout Tensor<Scalar>, inout Tensor<Scalar>) -> Void
  ) {
    var other = take(second, of: name, shape: shape)
    with(first, of: name, shape: shape) { change(&$0, &other) }
    tensors["\(second).\(name)"] = other
  }

  /// Takes a tensor out; zeros when there is none of this shape.
  private mutating func take(_ slot: String, of name: String, shape: TensorShape) -> Tensor<Scalar> {
    guard let tensor = tensors.removeValue(forKey: "\(slot).\(name)"), tensor.shape == shape else {
      return Tensor(zeros: shape)
    }
    return tensor
  }

  /// Refuses moments that do not fit their parameters; an empty one stands for an optimiser without momentum.
  func checkShapes(of groups: [ParameterGroup<Scalar>], path: String) throws(CheckpointError) {
    var shapes: [Substring: TensorShape] = [:]
    for (name, parameter) in groups.flatMap(\.parameters) { shapes[name[...]] = parameter.shape }
    for (key, tensor) in tensors where tensor.shape != [0] {
      // The slot's own name has no dot.
      guard let dot = key.firstIndex(of: "."), let shape = shapes[key[key.index(after: dot)...]],
        shape == tensor.shape
      else {
        throw CheckpointError(
          .incompatible, path: path, context: "'\(key)' of shape \(tensor.shape) fits no parameter")
      }
    }
  }

  /// Of steps and tensors, in the order of their names.
  var checksum: UInt64 {
    var sum = Checksum()
    sum.add(Tensor(Int64(step)))
    for (_, tensor) in tensors.sorted(by: { $0.key < $1.key }) { sum.add(tensor) }
    return sum.value
  }

  /// Counts an update of a parameter and returns how many there have been, this one included.
  mutating func countUpdate(of name: String) -> Int {
    updates[name, default: 0] += 1
    return updates[name, default: 0]
  }

  /// Everything as named tensors, for a checkpoint.
  public func state() -> Safetensors {
    var file = Safetensors()
    file.set(Tensor(Int64(step)), for: "step")
    for (name, count) in updates { file.set(Tensor(Int64(count)), for: "updates.\(name)") }
    for (name, tensor) in tensors { file.set(tensor, for: "slot.\(name)") }
    return file
  }

  /// Restores what ``state()`` gave.
  ///
  /// - Throws: ``CheckpointError`` with code `incompatible` when a field is missing or of another type.
  public init(_ state: Safetensors, path: String) throws(CheckpointError) {
    guard let step = state.tensor("step", of: Int64.self), step.shape == [] else {
      throw CheckpointError(.incompatible, path: path, context: "the optimiser's state has no 'step'")
    }
    self.step = Int(step.item)
    for name in state.entries.keys {
      if name.hasPrefix("updates.") {
        guard let count = state.tensor(name, of: Int64.self), count.shape == [] else {
          throw CheckpointError(.incompatible, path: path, context: "'\(name)' is no count")
        }
        updates[String(name.dropFirst("updates.".count))] = Int(count.item)
      } else if name.hasPrefix("slot.") {
        guard let tensor = state.tensor(name, of: Scalar.self) else {
          throw CheckpointError(
            .incompatible, path: path, context: "'\(name)' is not of type \(Scalar.scalarName)")
        }
        tensors[String(name.dropFirst("slot.".count))] = tensor
      }
    }
  }
}
