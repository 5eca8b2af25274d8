import Autograd
import NN
import Tensor

/// Fits y = 2 x with noise from the step's key, so that every kind of state matters.
final class LineTask: TrainingTask {
  struct Settings: Encodable, Equatable { var slope = 2.0 }

  let layer = Linear<Float>(weight: Tensor(rows: [[0.5]]), bias: Tensor([0]))
  let recipe: TrainingRecipe
  let settings: Settings
  let optimizer: OptimizerSettings
  var calls: [String] = []
  /// What the loss is multiplied with, by step.
  var scale: (Int) -> Float = { _ in 1 }
  var losses: ((LineTask, [Float]) -> [Variable<Float>])?

  init(
    recipe: TrainingRecipe = TrainingRecipe(steps: 10, batchSize: 4, seed: 3),
    settings: Settings = Settings(),
    rule: OptimizerRule = .adam(), rate: Schedule = .cosine(start: 0.1, steps: 10)
  ) {
    self.recipe = recipe
    self.settings = settings
    optimizer = OptimizerSettings(rule, rate: rate)
  }

  var state: any Module<Float> { layer }
  var objectives: [Objective] { [Objective(layer, optimizer)] }
  var collate: @Sendable ([Float], RandomKey) throws -> (x: [Float], noise: Tensor<Float>) {
    { examples, key in
      var generator = key.generator
      return (
        examples,
        Tensor(normalWithMean: 0, standardDeviation: 0.1, shape: [examples.count, 1], using: &generator)
      )
    }
  }

  func evaluate(_ batch: (x: [Float], noise: Tensor<Float>), at moment: TrainingMoment) throws -> StepOutcome
  {
    calls.append("evaluate \(moment.step).\(moment.part)")
    if let losses { return StepOutcome(losses: losses(self, batch.x), terms: []) }
    let input = Tensor<Float>(rows: batch.x.map { [$0] })
    let difference = layer(Variable(input)) - Variable(input * Float(settings.slope) + batch.noise)
    let loss = (difference * difference).mean() * scale(moment.step)
    return StepOutcome(
      loss: loss, terms: [LossTerm("loss", Double(loss.item))],
      warnings: moment.step == 1 ? [TrainingWarning("early", "step \(moment.step) is early")] : [])
  }

  func willUpdate(at moment: TrainingMoment) throws { calls.append("will \(moment.step)") }
  func didUpdate(at moment: TrainingMoment) throws { calls.append("did \(moment.step)") }
}

let linePoints = (0..<7).map { Float($0) }
