import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

/// The moment of a step of a training of 100, unless said otherwise.
func testMoment(_ step: Int, of total: Int = 100) -> TrainingMoment {
  TrainingMoment(step: step, totalSteps: total, key: RandomKey(seed: 1).at(step: step))
}

/// A learner of a method at the first weights of its seed.
func testLearner<Method: PretrainingMethod>(
  _ method: Method, _ encoder: EncoderBlueprint = .unet(width: 4)
) throws -> Method.Learner {
  try method.makeLearner(encoder, key: method.recipe.key.stream(for: .weights))
}

/// One update of a method outside a loop, at the moment's rate.
func update<Method: PretrainingMethod>(
  _ method: Method, _ learner: Method.Learner, _ views: Method.Views, at moment: TrainingMoment
) throws {
  learner.zeroGradients()
  let losses = try learner.withMode(.training) { try method.evaluate(learner, views, at: moment).losses }
  for loss in losses { loss.backward() }
  try method.willUpdate(learner, at: moment)
  for objective in method.objectives(of: learner) {
    let settings = objective.settings
    let optimizer = Optimizer(
      objective.groups, settings.rule, learningRate: settings.rate.value(at: moment.step),
      weightDecay: settings.weightDecay)
    try optimizer.step()
  }
  try method.didUpdate(learner, at: moment)
}

/// The names of the parameters that a method moves.
func movedNames<Method: PretrainingMethod>(_ method: Method, _ learner: Method.Learner) -> [String] {
  method.objectives(of: learner).flatMap { $0.groups.flatMap { $0.parameters.map(\.name) } }
}

/// A method whose idea needs no two axes trains an encoder of volumes: a finite loss, and a gradient in every parameter that it
/// moves.
func expectTrainsVolumes<Method: PretrainingMethod>(
  _ method: Method, views: Int = 2
) throws where Method.Views == [Tensor<Float>] {
  let learner = try testLearner(method, .unet3D(UNetConfiguration(widths: [2, 3, 4])))
  let volumes = (0..<views).map {
    Tensor<Float>(converting: testRows([4, 8, 4, 8, 1], seed: UInt64($0 + 3)))
  }
  let outcome = try method.evaluate(learner, volumes, at: testMoment(0))
  #expect(outcome.losses[0].item.isFinite)
  outcome.losses[0].backward()
  let moved = Set(movedNames(method, learner))
  #expect(!moved.isEmpty)
  for (name, parameter) in learner.namedParameters {
    #expect((parameter.gradient != nil) == moved.contains(name), "\(name)")
  }
  try update(method, learner, volumes, at: testMoment(0))
}

/// A step of PyTorch's, written from the method's paper, from the same weights and views: loss, gradients and state behind the
/// step. See Fixtures/PROVENANCE.md.
func expectStep<Method: PretrainingMethod>(
  _ name: String, _ method: Method
) throws where Method.Views == [Tensor<Float>] {
  let reference = try ReferenceValues("method_\(name)", in: .module)
  let learner = try testLearner(method, .unet(UNetConfiguration(widths: [2, 4, 8])))
  var before = Safetensors()
  for key in reference.names where key.hasPrefix("before.") {
    let member = String(key.dropFirst("before.".count))
    if member.hasSuffix("num_batches_tracked") || member.hasSuffix("enqueued") {
      before.set(try reference.tensor(key, as: Int64.self), for: member)
    } else {
      before.set(try reference.tensor(key, as: Float.self), for: member)
    }
  }
  // Strict: every name and shape is the library's.
  try learner.load(before)

  let views = try (1...).prefix { reference.contains("view\($0)") }.map {
    try reference.tensor("view\($0)", as: Float.self)
  }
  let moment = testMoment(0, of: 1_000_000)
  let loss = try method.evaluate(learner, views, at: moment).losses[0]
  let expected = try reference.number("loss")
  #expect(abs(Double(loss.item) - expected) <= 1e-4, "\(name): loss \(loss.item), PyTorch \(expected)")
  // The step starts anew: forwards have moved the norms' statistics.
  try learner.load(before)
  try expectGradients(name, method, learner, views, reference, at: moment)

  try learner.load(before)
  try update(method, learner, views, at: moment)
  let after = learner.state()
  for key in reference.names where key.hasPrefix("after.") {
    let member = String(key.dropFirst("after.".count))
    if let count = after.tensor(member, of: Int64.self) {
      #expect(count == (try reference.tensor(key, as: Int64.self)), "\(name): \(member)")
    } else {
      let value = try #require(after.tensor(member, of: Float.self), "\(name): \(member)")
      let error = value.relativeError(to: try reference.tensor(key, as: Double.self))
      #expect(error <= 1e-5, "\(name): \(member) behind the step is off by \(error)")
    }
  }
  #expect(after.entries.count == reference.names.count { $0.hasPrefix("after.") })
}

private func expectGradients<Method: PretrainingMethod>(
  _ name: String, _ method: Method, _ learner: Method.Learner, _ views: Method.Views,
  _ reference: ReferenceValues,
  at moment: TrainingMoment
) throws {
  learner.zeroGradients()
  try method.evaluate(learner, views, at: moment).losses[0].backward()
  let names = reference.names.filter { $0.hasPrefix("gradient.") }.map {
    String($0.dropFirst("gradient.".count))
  }
  #expect(Set(names) == Set(movedNames(method, learner)), "\(name)")
  let expected = try names.map { try reference.tensor("gradient.\($0)", as: Double.self) }
  let largest = expected.map(\.euclideanNorm).max() ?? 0
  let parameters = Dictionary(learner.namedParameters.map { ($0.name, $0.parameter) }) { first, _ in first }
  for (member, expected) in zip(names, expected) {
    let parameter = try #require(parameters[member])
    let order = parameter.layout.fileOrder(rank: parameter.shape.rank)
    let gradient = Tensor<Double>(
      converting: try #require(parameter.gradient, "\(name): \(member)").permuted(order))
    // A bias in front of a batch norm has a gradient of 0 but for rounding.
    let size = max(expected.euclideanNorm, 1e-2 * largest)
    let error = (gradient - expected).euclideanNorm / size
    #expect(error <= 1e-3, "\(name): the gradient of \(member) is off by \(error)")
  }
}
