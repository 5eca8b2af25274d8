import Autograd
import NN
import Tensor
import TestSupport
import Testing

/// Settings that would lose weights in silence.
@Suite struct TrainingSettingsTests {
  @Test(arguments: [Double.nan, .infinity, -0.1]) func aRateThatIsNoRateIsAnError(_ rate: Double) throws {
    let task = LineTask(rate: .warmUp(steps: 2, then: .constant(rate)))
    let before = try task.layer.state().data()
    let error = #expect(throws: TrainingError.self) { try TrainingLoop(task, on: linePoints).run() }
    #expect(error?.field == "objectives.loss.rate")
    #expect(try task.layer.state().data() == before)
  }

  /// What an objective moves and no checkpoint holds would begin anew on resume.
  @Test func aParameterThatIsNotSavedIsAnError() {
    final class Forgetful: TrainingTask {
      let (kept, forgotten) = (
        Linear<Float>(weight: Tensor(rows: [[1]]), bias: Tensor([0])),
        Linear<Float>(weight: Tensor(rows: [[2]]), bias: Tensor([0]))
      )
      let (recipe, settings) = (TrainingRecipe(steps: 1, batchSize: 1), "none")
      var state: any Module<Float> { kept }
      var collate: @Sendable ([Float], RandomKey) throws -> [Float] { { examples, _ in examples } }
      var objectives: [Objective] {
        let groups = [kept, forgotten].enumerated().map { index, layer in
          ParameterGroup(layer.namedParameters.map { ("\(index).\($0.name)", $0.parameter) })
        }
        return [Objective(groups, OptimizerSettings(.sgd(), rate: .constant(0.1)))]
      }
      func evaluate(_ batch: [Float], at moment: TrainingMoment) -> StepOutcome {
        StepOutcome(loss: kept(forgotten(Variable(Tensor(rows: [batch])))).sum(), terms: [])
      }
    }
    let expected = TrainingError(
      .badSetting(
        field: "state", value: "1.weight",
        reason: "an objective moves this parameter, and no checkpoint holds it"))
    #expect(throws: expected) { try TrainingLoop(Forgetful(), on: [Float(1)]) }
  }

  @Test func scoresGoOnInTheirDirectionAlone() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("state")
    func validation(_ better: ScoreDirection) -> Validation {
      Validation(everySteps: 1, better: better) { 0.5 }
    }
    let policy = CheckpointPolicy(file, everySteps: 1)
    try TrainingLoop(LineTask(), on: linePoints).run(checkpoint: policy, validation: validation(.higher)) {
      $0.step == 2 ? .stop : .proceed
    }
    let loop = try TrainingLoop(LineTask(), on: linePoints)
    try loop.resume(from: file)
    let error = #expect(throws: TrainingError.self) {
      try loop.run(checkpoint: policy, validation: validation(.lower))
    }
    #expect(error?.field == "validation.better")
    #expect(try loop.run(checkpoint: policy, validation: validation(.higher)) == .finished)
  }

  /// Only what spans the training may follow its steps: a ramp of its own length may not.
  @Test func anotherNumberOfStepsIsNoExcuseForAnotherRamp() throws {
    let folder = try TemporaryFolder()
    let file = folder.file("state")
    func task(steps: Int, ramp: Int) -> LineTask {
      LineTask(
        recipe: TrainingRecipe(steps: steps, batchSize: 4, seed: 3),
        rate: .warmUp(steps: ramp, then: .cosine(start: 0.1, steps: steps - 2)))
    }
    try TrainingLoop(task(steps: 10, ramp: 2), on: linePoints).write(to: file)
    try TrainingLoop(task(steps: 12, ramp: 2), on: linePoints).resume(from: file, policy: .withOtherSteps)
    let error = #expect(throws: CheckpointError.self) {
      try TrainingLoop(task(steps: 12, ramp: 3), on: linePoints)
        .resume(from: file, policy: .withOtherSteps)
    }
    #expect(error?.field == "objectives[0].settings.rate.warmUp.steps")
  }
}
