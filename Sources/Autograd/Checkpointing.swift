import Tensor

/// Computes `body(inputs)` and saves only the inputs: the values in between are computed again during the backward
/// pass. Trades time (one more forward pass) for memory.
///
/// Random numbers repeat: `body` draws from the generator it is handed, and the second run starts from the state
/// that the first began with. Parameters used inside `body` get their gradients as usual. Layers that keep
/// running statistics leave them alone in the second run (``isRecomputingCheckpoint``). The generator must be a value,
/// such as `PhiloxGenerator`: an object would not go back to its earlier state.
///
/// Parameters inside `body` are reached by ``Variable/backward()`` alone: ``Variable/gradients(withRespectTo:)`` through a
/// checkpoint stops the program, for it would miss them.
///
///     let features = checkpointed([images], using: &generator) { inputs, generator in
///       dropout(block(inputs[0]), using: &generator)
///     }
///
/// - Returns: The value of `body`.
public func checkpointed<Scalar, Generator: RandomNumberGenerator>(
  _ inputs: [Variable<Scalar>], using generator: inout Generator,
  _ body: @escaping ([Variable<Scalar>], inout Generator) -> Variable<Scalar>
) -> Variable<Scalar> {
  let start = generator
  let value = withoutGradient { body(inputs.map { $0.detached() }, &generator).value }
  guard isRecordingGradients else { return Variable(value) }
  let tracked = inputs.map(\.tracksGradient)
  let values = inputs.map(\.value)
  // Parameters inside `body` may track gradients although no input does: an anchor makes the result tracked.
  let anchor = Variable(Tensor<Scalar>(zeros: []), requiresGradient: true)
  return .recorded(checkpointOperator, inputs: inputs + [anchor], value: value) { gradient in
    shapePrecondition(
      !GradientMode.isCollecting,
      "gradients(withRespectTo:) does not reach into checkpointed(): call backward()")
    var generator = start
    let leaves = zip(values, tracked).map { Variable($0, requiresGradient: $1) }
    // The second run records even where backward is called inside withoutGradient.
    let output = GradientMode.$isRecording.withValue(true) {
      GradientMode.$isRecomputing.withValue(true) { body(leaves, &generator) }
    }
    if output.tracksGradient { output.backward(gradient: gradient) }
    return leaves.map(\.gradient) + [nil]
  }
}

/// ``checkpointed(_:using:_:)`` for a body that draws no random numbers.
public func checkpointed<Scalar>(
  _ inputs: [Variable<Scalar>], _ body: @escaping ([Variable<Scalar>]) -> Variable<Scalar>
) -> Variable<Scalar> {
  var none = SystemRandomNumberGenerator()
  return checkpointed(inputs, using: &none) { inputs, _ in body(inputs) }
}
