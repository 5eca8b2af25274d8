public import Tensor

/// Changes parameters along their gradients.
///
///     let optimizer = Adam(network, learningRate: 5e-4, weightDecay: 1e-5)
///     loss.backward()
///     try optimizer.step()
///     network.zeroGradients()
public protocol Optimizer<Scalar>: AnyObject {
  associatedtype Scalar: TensorFloatingPointScalar
  /// The parameters, with what is special about each group of them.
  var groups: [ParameterGroup<Scalar>] { get }
  /// The learning rate of the next step; a schedule sets it.
  var learningRate: Double { get set }
  /// Called in order at the start of every step with all parameters that have a gradient and are not frozen: for clipping,
  /// or for averaging gradients over machines. The gradients they see are finite.
  var gradientHooks: [([Parameter<Scalar>]) -> Void] { get set }
  /// What the optimiser remembers between steps; its moments bear the parameters' names.
  var memory: OptimizerMemory<Scalar> { get set }
  /// Updates one parameter; `group` is its group. Called by ``step()``.
  func update(
    _ parameter: Parameter<Scalar>, _ gradient: Tensor<Scalar>, name: String, group: ParameterGroup<Scalar>)
}

extension Optimizer {
  /// Runs the hooks, then updates every parameter that has a gradient and is not frozen; or, when one of these gradients
  /// has an element that is not finite, does nothing and throws.
  ///
  /// A loss may be finite where its slope is not, as sqrt at 0. One such step would make weights and moments NaN for
  /// good, under every optimiser, and clipping would hide it or spread it. So the gradients are looked at before the hooks
  /// and, when there are any, again after them; the parameters, the memory and its count of steps stay as they were. The
  /// gradients stay too, for whoever looks for the cause. One pass over the gradients, O(parameters).
  ///
  /// - Throws: ``TrainingError/gradientIsNotFinite(step:parameter:count:)`` with the first such parameter; the step is
  ///   the number of steps taken before.
  public func step() throws(TrainingError) { try step(numbered: memory.step) }

  /// The same under the number that the error is to name.
  func step(numbered number: Int) throws(TrainingError) {
    let trained = groups.flatMap { group in
      group.parameters.filter { $0.parameter.gradient != nil && !$0.parameter.isFrozen }
    }
    try refuseNonFinite(trained, step: number)
    if !gradientHooks.isEmpty {
      for hook in gradientHooks { hook(trained.map { $0.parameter }) }
      try refuseNonFinite(trained, step: number)
    }
    memory.step += 1
    for group in groups {
      for (name, parameter) in group.parameters where !parameter.isFrozen {
        if let gradient = parameter.gradient { update(parameter, gradient, name: name, group: group) }
      }
    }
  }

  private func refuseNonFinite(
    _ parameters: [(name: String, parameter: Parameter<Scalar>)], step: Int
  ) throws(TrainingError) {
    for (name, parameter) in parameters {
      let count = parameter.gradient?.nonFiniteElements.count ?? 0
      guard count == 0 else { throw .gradientIsNotFinite(step: step, parameter: name, count: count) }
    }
  }

  /// The learning rate of a group.
  func rate(of group: ParameterGroup<Scalar>) -> Double { learningRate * group.learningRateScale }
}

/// Parameters that are trained alike.
public struct ParameterGroup<Scalar: TensorFloatingPointScalar> {
  /// The parameters with their names; names are unique over all groups of an optimiser.
  public var parameters: [(name: String, parameter: Parameter<Scalar>)]
  /// Factor on the optimiser's learning rate: 1.
  public var learningRateScale: Double
  /// Weight decay in place of the optimiser's, or `nil` for that one.
  public var weightDecay: Double?

  /// Named parameters, such as `network.encoder.namedParameters`.
  public init(
    _ parameters: [(name: String, parameter: Parameter<Scalar>)], learningRateScale: Double = 1,
    weightDecay: Double? = nil
  ) {
    self.parameters = parameters
    self.learningRateScale = learningRateScale
    self.weightDecay = weightDecay
  }
}

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
    guard let step = state.tensor("step", of: Int64.self) else {
      throw CheckpointError(.incompatible, path: path, context: "the optimiser's state has no 'step'")
    }
    self.step = Int(step.item)
    for name in state.entries.keys {
      if name.hasPrefix("updates."), let count = state.tensor(name, of: Int64.self) {
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
