import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct ResumeTests {
  private let folder: TemporaryFolder
  private var url: URL { folder.file("state") }

  init() throws { folder = try TemporaryFolder() }

  private func write(_ task: LineTask = LineTask(), on points: [Float] = linePoints) throws {
    try TrainingLoop(task, on: points).run(checkpoint: CheckpointPolicy(url, everySteps: 100)) {
      $0.step == 4 ? .stop : .proceed
    }
  }

  private func context(_ task: LineTask, on points: [Float] = linePoints) throws -> String {
    let loop = try TrainingLoop(task, on: points)
    let error = #expect(throws: CheckpointError.self) { try loop.resume(from: url) }
    #expect(error?.code == .incompatible && loop.step == 0)
    return error?.context ?? ""
  }

  /// The first setting that differs is named with both values.
  @Test func everySettingIsCompared() throws {
    try write()
    let cases: [(LineTask, String)] = [
      (
        LineTask(recipe: TrainingRecipe(steps: 10, batchSize: 4, seed: 4)),
        "recipe.seed is 3 in the file and 4"
      ),
      (
        LineTask(recipe: TrainingRecipe(steps: 10, batchSize: 3, seed: 3)),
        "recipe.batchSize is 4 in the file and 3"
      ),
      (
        LineTask(recipe: TrainingRecipe(steps: 9, batchSize: 4, seed: 3)),
        "recipe.steps is 10 in the file and 9"
      ),
      (
        LineTask(recipe: TrainingRecipe(steps: 10, batchSize: 4, accumulation: 2, seed: 3)),
        "recipe.accumulation is 1 in the file and 2"
      ),
      (LineTask(settings: .init(slope: 3)), "settings.slope is 2 in the file and 3"),
      (LineTask(rate: .cosine(start: 0.2, steps: 10)), "rate.cosine.start is 0.1 in the file and 0.2"),
      (LineTask(rule: .sgd()), "rule.adam is {"),
    ]
    for (task, expected) in cases { #expect(try context(task).contains(expected)) }
    #expect(try context(LineTask(), on: linePoints + [1]).contains("examples is 7 in the file and 8"))
  }

  @Test func moreStepsAreAllowedByName() throws {
    try write()
    let longer = LineTask(
      recipe: TrainingRecipe(steps: 12, batchSize: 4, seed: 3), rate: .cosine(start: 0.1, steps: 12))
    #expect(try context(longer).contains("objectives[0].settings.rate.cosine.steps is 10 in the file and 12"))
    let loop = try TrainingLoop(longer, on: linePoints)
    try loop.resume(from: url, policy: .withOtherSteps)
    #expect(loop.step == 4)
    var rates: [Double] = []
    try loop.run {
      rates.append($0.learningRate)
      return .proceed
    }
    #expect(rates == (4..<12).map { Schedule.cosine(start: 0.1, steps: 12).value(at: $0) })
    // Nothing else may differ.
    let other = LineTask(recipe: TrainingRecipe(steps: 12, batchSize: 3, seed: 3))
    #expect(throws: CheckpointError.self) {
      try TrainingLoop(other, on: linePoints).resume(from: url, policy: .withOtherSteps)
    }
  }

  /// The plateau's count of bad reports is state too.
  @Test(arguments: [1, 4, 5]) func aPlateauGivesTheRateAndIsResumed(_ stop: Int) throws {
    func train(_ loop: TrainingLoop<LineTask>, until last: Int) throws -> [Double] {
      var rates: [Double] = []
      try loop.run(checkpoint: CheckpointPolicy(url, everySteps: 100)) { progress in
        rates.append(progress.learningRate)
        // A score that never improves: the rate halves after every third report.
        loop.plateau?.report(1)
        return progress.step == last ? .stop : .proceed
      }
      return rates
    }
    func plateauLoop() throws -> TrainingLoop<LineTask> {
      let loop = try TrainingLoop(LineTask(), on: linePoints)
      loop.plateau = PlateauSchedule(rate: 0.1, factor: 0.5, patience: 2)
      return loop
    }
    let whole = try plateauLoop()
    #expect(try train(whole, until: 10) == [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025])
    _ = try train(plateauLoop(), until: stop)
    let resumed = try plateauLoop()
    try resumed.resume(from: url)
    _ = try train(resumed, until: 10)
    #expect(try resumed.task.layer.state().data() == whole.task.layer.state().data())
    #expect(resumed.plateau == whole.plateau)
    // Without a plateau it is another training.
    #expect(try context(LineTask()).contains("plateau"))
  }

  @Test func aMomentOfAnotherShapeIsIncompatible() throws {
    try write()
    var file = try Safetensors(contentsOf: url)
    file.set(Tensor<Float>(zeros: [5]), for: "optimizer.loss.slot.first.weight")
    try file.write(to: url)
    #expect(try context(LineTask()).contains("weight"))
  }

  @Test func aTruncatedCheckpointIsATypedError() throws {
    try write()
    let data = try Data(contentsOf: url)
    try data.prefix(data.count / 2).write(to: url)
    let error = #expect(throws: CheckpointError.self) {
      try TrainingLoop(LineTask(), on: linePoints).resume(from: url)
    }
    #expect([.truncated, .badHeader].contains(error?.code))
  }

  @Test func checkpointsComeAtTheirInterval() throws {
    var steps: [Int] = []
    try TrainingLoop(LineTask(), on: linePoints).run(checkpoint: CheckpointPolicy(url, everySteps: 4)) { _ in
      // What stands there was written after an earlier step.
      if let file = try? TrainingCheckpoint(contentsOf: url), let step = file.fields["step"] {
        steps.append(Int(step) ?? -1)
      }
      return .proceed
    }
    // A training that begins anew takes the place of what stood there.
    #expect(steps == [0, 0, 0, 0, 4, 4, 4, 4, 8, 8])
    #expect(try TrainingCheckpoint(contentsOf: url).fields["step"] == "10")
  }

  // MARK: Validation

  @Test func theBestStateIsKeptAndPatienceEnds() throws {
    let scores: [Double] = [0.1, 0.5, .nan, 0.5, 0.4, 0.9]
    let (task, best) = (LineTask(), folder.file("best"))
    let loop = try TrainingLoop(task, on: linePoints)
    var (seen, atBest) = ([Double?](), Data())
    let validation = Validation(everySteps: 1, better: .higher, patience: 2, best: best) {
      if loop.step == 2 { atBest = try task.layer.state().data() }
      return scores[loop.step - 1]
    }
    let end = try loop.run(checkpoint: CheckpointPolicy(url, everySteps: 100), validation: validation) {
      seen.append($0.score)
      return .proceed
    }
    #expect(end == .scoreStoppedImproving)
    #expect(loop.step == 5 && seen.count == 5)
    #expect(loop.record.bestScore == 0.5 && loop.record.bestStep == 2)
    #expect(try Data(contentsOf: best) == atBest)
    #expect(try TrainingCheckpoint(contentsOf: url).fields["step"] == "5")
    // The scores are state: a resumed training remembers the best one.
    let resumed = try TrainingLoop(LineTask(), on: linePoints)
    try resumed.resume(from: url)
    #expect(resumed.record == loop.record)
    // It goes no further.
    #expect(try resumed.run(validation: validation) == .scoreStoppedImproving && resumed.step == 5)
  }

  @Test func whatIsFrozenIsCompared() throws {
    try write()
    let other = LineTask()
    other.layer.parameters[1].isFrozen = true
    #expect(
      try context(other).contains("objectives[0].groups[0].frozen[0] is nothing in the file and \"bias\""))
  }

  @Test func otherStepsAllowNoOtherRate() throws {
    try write()
    let other = LineTask(
      recipe: TrainingRecipe(steps: 12, batchSize: 4, seed: 3), rate: .cosine(start: 1, steps: 12))
    let error = #expect(throws: CheckpointError.self) {
      try TrainingLoop(other, on: linePoints).resume(from: url, policy: .withOtherSteps)
    }
    #expect(error?.context.contains("rate.cosine.start is 0.1 in the file and 1") == true)
  }

  @Test func anotherPlateauIsAnotherTraining() throws {
    let first = try TrainingLoop(LineTask(), on: linePoints)
    first.plateau = PlateauSchedule(rate: 0.1, patience: 2)
    try first.write(to: url)
    let other = try TrainingLoop(LineTask(), on: linePoints)
    other.plateau = PlateauSchedule(rate: 0.1, patience: 3)
    let error = #expect(throws: CheckpointError.self) { try other.resume(from: url) }
    #expect(error?.context.contains("plateau") == true)
  }
}
