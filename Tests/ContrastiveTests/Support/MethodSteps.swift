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
