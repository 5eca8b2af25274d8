import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct TrainingLoopTests {
  private func weights(_ task: LineTask) throws -> Data { try task.layer.state().data() }

  @Test(arguments: [0, 1, 4, 9]) func stoppedAndResumedItIsTheUnbrokenTraining(_ stop: Int) throws {
    let folder = try TemporaryFolder()
    let (wholeURL, url) = (folder.file("whole"), folder.file("state"))
    let whole = LineTask()
    try TrainingLoop(whole, on: linePoints).run(checkpoint: CheckpointPolicy(wholeURL, everySteps: 100))
    let first = try TrainingLoop(LineTask(), on: linePoints)
    if stop == 0 {
      try first.write(to: url)
    } else {
      let end = try first.run(checkpoint: CheckpointPolicy(url, everySteps: 100)) {
        $0.step == stop ? .stop : .proceed
      }
      #expect(end == .stopped)
    }
    let second = LineTask()
    let loop = try TrainingLoop(second, on: linePoints)
    try loop.resume(from: url)
    #expect(loop.step == stop)
    #expect(try loop.run(checkpoint: CheckpointPolicy(url, everySteps: 3)) == .finished)
    #expect(try weights(second) == weights(whole))
    #expect(try Data(contentsOf: url) == Data(contentsOf: wholeURL))
    let policies = [url, wholeURL].map { CheckpointPolicy($0, everySteps: 1) }
    let logs = try policies.map { try TrainingLog.entries(of: $0.logURL) }
    #expect(logs[0] == logs[1] && logs[0].map(\.step) == Array(1...10))
  }

  /// What was written behind the checkpoint, whole lines or not, is computed again and must not stand twice.
  @Test func aLogIsCutToItsCheckpoint() throws {
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 4)
    try TrainingLoop(LineTask(), on: linePoints).run(checkpoint: policy) { $0.step == 4 ? .stop : .proceed }
    let log = try Data(contentsOf: policy.logURL)
    let later = try #require(String(decoding: log, as: UTF8.self).split(separator: "\n").last)
      .replacing("\"step\":4", with: "\"step\":5")
    try (log + Data("\(later)\n{\"step\":6,\"te".utf8)).write(to: policy.logURL)
    #expect(try TrainingLog.entries(of: policy.logURL).map(\.step) == [1, 2, 3, 4, 5])
    let loop = try TrainingLoop(LineTask(), on: linePoints)
    try loop.resume(from: policy.url)
    try loop.run(checkpoint: policy) { _ in .stop }
    #expect(try TrainingLog.entries(of: policy.logURL).map(\.step) == [1, 2, 3, 4, 5])
    #expect(try Data(contentsOf: policy.logURL).starts(with: log))
    // A training that begins anew has a new log.
    try TrainingLoop(LineTask(), on: linePoints).run(checkpoint: policy) { _ in .stop }
    #expect(try TrainingLog.entries(of: policy.logURL).map(\.step) == [1])
  }

  @Test func aCheckpointDoesNotGrowWithTheSteps() throws {
    let folder = try TemporaryFolder()
    var sizes: [Int] = []
    let task = LineTask(
      recipe: TrainingRecipe(steps: 2000, batchSize: 1), rate: .constant(1e-3))
    try TrainingLoop(task, on: linePoints).run(
      checkpoint: CheckpointPolicy(folder.file("state"), everySteps: 1000)
    ) { progress in
      if [1001, 2000].contains(progress.step) {
        sizes.append(try Data(contentsOf: folder.file("state")).count)
      }
      return .proceed
    }
    sizes.append(try Data(contentsOf: folder.file("state")).count)
    #expect(sizes.allSatisfy { $0 < sizes[0] + 8 }, "\(sizes)")
  }

  @Test func theLossFallsAndTheScheduleIsFollowed() throws {
    let schedule = Schedule.cosine(start: 0.3, steps: 40)
    let task = LineTask(recipe: TrainingRecipe(steps: 40, batchSize: 4), rate: schedule)
    var rates: [Double] = []
    var losses: [Double] = []
    try TrainingLoop(task, on: linePoints).run {
      rates.append($0.learningRate)
      losses.append($0.terms[0].value)
      return .proceed
    }
    #expect(rates == (0..<40).map { schedule.value(at: $0) })
    let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
    #expect(last < 0.1 * first, "\(losses)")
  }

  @Test func whatTheLoopCallsInWhichOrder() throws {
    let task = LineTask(recipe: TrainingRecipe(steps: 2, batchSize: 3, accumulation: 2))
    let loop = try TrainingLoop(task, on: linePoints)
    loop.hooks.beforeUpdate.append { parameters, moment in
      task.calls.append(
        "before \(moment.step) \(parameters.map(\.name)) \(parameters[0].parameter.gradient != nil)")
    }
    loop.hooks.afterUpdate.append { _, moment in task.calls.append("after \(moment.step)") }
    try loop.run()
    #expect(
      task.calls
        == (0..<2).flatMap {
          [
            "evaluate \($0).0", "evaluate \($0).1", "will \($0)", "before \($0) [\"weight\", \"bias\"] true",
            "did \($0)", "after \($0)",
          ]
        })
    #expect(task.layer.parameters.allSatisfy { $0.gradient == nil })
  }

  /// The mean of the gradients of the parts is the gradient of the mean of their losses.
  @Test func accumulationAveragesGradients() throws {
    func gradient(_ recipe: TrainingRecipe) throws -> [Float] {
      let task = LineTask(recipe: recipe)
      // Without noise, so that the data are the same.
      task.losses = { task, x in
        let input = Tensor<Float>(rows: x.map { [$0] })
        let difference = task.layer(Variable(input)) - Variable(input * 2)
        return [(difference * difference).mean()]
      }
      let loop = try TrainingLoop(task, on: ArrayDataset(linePoints), sampler: SequentialSampler(count: 7))
      var result: [Float] = []
      loop.hooks.beforeUpdate.append { parameters, _ in
        result = parameters.flatMap { $0.parameter.gradient?.scalars ?? [] }
      }
      try loop.run()
      return result
    }
    let whole = try gradient(TrainingRecipe(steps: 1, batchSize: 6))
    let parts = try gradient(TrainingRecipe(steps: 1, batchSize: 2, accumulation: 3))
    #expect(zip(whole, parts).allSatisfy { abs($0 - $1) < 1e-5 }, "\(whole) \(parts)")
  }

  @Test func warningsReachTheReportAndAreCounted() throws {
    let loop = try TrainingLoop(LineTask(), on: linePoints)
    var lines: [String] = []
    try loop.run {
      if !$0.warnings.isEmpty { lines.append("\($0)") }
      return .proceed
    }
    #expect(lines.count == 1 && lines[0].contains("warning: step 1 is early"))
    #expect(loop.warningCounts == ["early": 1])
  }

  // MARK: What cannot be trained

  @Test func anEmptyOrFrozenObjectiveIsAnError() throws {
    let task = LineTask()
    task.layer.freeze()
    #expect(throws: TrainingError(.nothingToTrain(objective: "loss", reason: "all 2 parameters are frozen")))
    {
      try TrainingLoop(task, on: linePoints)
    }
    #expect(throws: TrainingError(.badData("there are no examples to train on"))) {
      try TrainingLoop(LineTask(), on: [])
    }
    for recipe in [
      TrainingRecipe(steps: -1, batchSize: 1), TrainingRecipe(steps: 1, batchSize: 0),
      TrainingRecipe(steps: 1, batchSize: 1, accumulation: 0),
    ] {
      #expect(throws: TrainingError.self) { try TrainingLoop(LineTask(recipe: recipe), on: linePoints) }
    }
    #expect(throws: TrainingError.self) {
      try TrainingLoop(
        LineTask(recipe: TrainingRecipe(steps: 1, batchSize: 8, lastBatch: .dropped)), on: linePoints)
    }
  }

  @Test func aLossThatIsNotFiniteStopsBeforeTheUpdate() throws {
    let task = LineTask()
    task.scale = { $0 == 2 ? .infinity : 1 }
    let loop = try TrainingLoop(task, on: linePoints)
    var before = Data()
    let error = #expect(throws: TrainingError.self) {
      try loop.run { progress in
        before = try weights(task)
        return .proceed
      }
    }
    guard case .lossIsNotFinite(step: 2, objective: "loss", _)? = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(try weights(task) == before && loop.step == 2)
  }

  @Test func aLossThatDependsOnNothingIsAnError() throws {
    let task = LineTask()
    task.losses = { _, _ in [Variable(Tensor(1))] }
    #expect(throws: TrainingError(.noGradient(step: 0, objective: "loss"))) {
      try TrainingLoop(task, on: linePoints).run()
    }
    task.losses = { _, _ in [] }
    #expect(throws: TrainingError(.lossesDoNotFit(count: 0, objectives: ["loss"]))) {
      try TrainingLoop(task, on: linePoints).run()
    }
  }

  /// What a hook throws ends the training with nothing updated.
  @Test func aHookMayThrow() throws {
    struct Enough: Error {}
    let task = LineTask()
    let before = try weights(task)
    let loop = try TrainingLoop(task, on: linePoints)
    loop.hooks.beforeUpdate.append { _, _ in throw Enough() }
    #expect(throws: Enough.self) { try loop.run() }
    #expect(try weights(task) == before)
  }

  // MARK: Several objectives

  /// Two networks that each minimise the square of the sum of both: a step of one must not be moved by the other's loss.
  @Test func eachObjectiveMovesItsOwn() throws {
    final class Pair: TrainingTask {
      let first = Linear<Float>(weight: Tensor(rows: [[1]]), bias: nil)
      let second = Linear<Float>(weight: Tensor(rows: [[2]]), bias: nil)
      final class Both: Module {
        let parts: [Linear<Float>]
        init(_ parts: [Linear<Float>]) { self.parts = parts }
        var members: [ModuleMember<Float>] {
          parts.enumerated().map { .module("part\($0.offset)", $0.element) }
        }
      }
      let recipe = TrainingRecipe(steps: 1, batchSize: 1)
      var settings: String { "pair" }
      lazy var both = Both([first, second])
      var state: any Module<Float> { both }
      var objectives: [Objective] {
        [
          Objective(name: "a", first, OptimizerSettings(.sgd(momentum: .none), rate: .constant(0.1))),
          Objective(name: "b", second, OptimizerSettings(.sgd(momentum: .none), rate: .constant(0.01))),
        ]
      }
      var collate: @Sendable ([Int], RandomKey) throws -> [Int] { { numbers, _ in numbers } }
      func evaluate(_ batch: [Int], at moment: TrainingMoment) -> StepOutcome {
        let one = Variable(Tensor<Float>(rows: [[1]]))
        func sum() -> Variable<Float> { (first(one) + second(one)).sum() }
        return StepOutcome(losses: [sum() * sum(), sum() * 3], terms: [])
      }
    }
    let task = Pair()
    try TrainingLoop(task, on: [1]).run()
    // d (a + b)^2 / da = 2 (1 + 2) = 6; d 3 (a + b) / db = 3.
    #expect(abs(task.first.weight.value.item - (1 - 0.6)) < 1e-6)
    #expect(abs(task.second.weight.value.item - (2 - 0.03)) < 1e-6)
  }

  @Test func aParameterOfTwoObjectivesIsAnError() throws {
    final class Shared: TrainingTask {
      let layer = Linear<Float>(weight: Tensor(rows: [[1]]), bias: nil)
      let recipe = TrainingRecipe(steps: 1, batchSize: 1)
      var settings: String { "shared" }
      var state: any Module<Float> { layer }
      var objectives: [Objective] {
        ["a", "b"].map { Objective(name: $0, layer, OptimizerSettings(.sgd(), rate: .constant(0.1))) }
      }
      var collate: @Sendable ([Int], RandomKey) throws -> [Int] { { numbers, _ in numbers } }
      func evaluate(_ batch: [Int], at moment: TrainingMoment) -> StepOutcome {
        StepOutcome(losses: [], terms: [])
      }
    }
    let error = #expect(throws: TrainingError.self) { try TrainingLoop(Shared(), on: [1]) }
    #expect("\(try #require(error))".contains("'a' and 'b'"))
  }

  /// Moments and checkpoints know objectives and parameters by their names.
  @Test func twoOfOneNameAreAnError() {
    final class Twins: TrainingTask {
      let parts = [
        Linear<Float>(weight: Tensor(rows: [[1]]), bias: nil),
        Linear<Float>(weight: Tensor(rows: [[2]]), bias: nil),
      ]
      final class Both: Module {
        let parts: [Linear<Float>]
        init(_ parts: [Linear<Float>]) { self.parts = parts }
        var members: [ModuleMember<Float>] {
          parts.enumerated().map { .module("part\($0.offset)", $0.element) }
        }
      }
      let inOneObjective: Bool
      init(inOneObjective: Bool) { self.inOneObjective = inOneObjective }
      let recipe = TrainingRecipe(steps: 1, batchSize: 1)
      var settings: String { "twins" }
      var state: any Module<Float> { Both(parts) }
      var objectives: [Objective] {
        let settings = OptimizerSettings(.sgd(), rate: .constant(0.1))
        return inOneObjective
          ? [Objective(parts.map { ParameterGroup($0.namedParameters) }, settings)]
          : parts.map { Objective($0, settings) }
      }
      var collate: @Sendable ([Int], RandomKey) throws -> [Int] { { numbers, _ in numbers } }
      func evaluate(_ batch: [Int], at moment: TrainingMoment) -> StepOutcome {
        StepOutcome(losses: [], terms: [])
      }
    }
    #expect(
      throws: TrainingError(
        .badSetting(
          field: "objectives", value: "loss", reason: "two objectives have this name"))
    ) {
      try TrainingLoop(Twins(inOneObjective: false), on: [1])
    }
    #expect(
      throws: TrainingError(
        .badSetting(
          field: "objectives.loss", value: "weight", reason: "two parameters have this name"))
    ) { try TrainingLoop(Twins(inOneObjective: true), on: [1]) }
  }

  /// A training without steps is done at once, and its checkpoint holds what it began with.
  @Test func withoutStepsTheStateIsWritten() throws {
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 1)
    let task = LineTask(recipe: TrainingRecipe(steps: 0, batchSize: 1))
    #expect(try TrainingLoop(task, on: linePoints).run(checkpoint: policy) == .finished)
    #expect(try TrainingCheckpoint(contentsOf: policy.url).fields["step"] == "0")
    try TrainingLoop(task, on: linePoints).resume(from: policy.url)
  }

  @Test func aSamplerThatNamesWhatIsNotThereIsAnError() throws {
    let loop = try TrainingLoop(
      LineTask(), on: ArrayDataset(linePoints), sampler: SequentialSampler(count: 9))
    let error = #expect(throws: DataError.self) { try loop.run() }
    #expect(error?.underlying as? DataError == DataError(.indexOutsideDataset(index: 7, count: 7)))
  }

  /// What is thrown behind the update is thrown by a step that is done.
  @Test func anErrorBehindTheUpdateLeavesAWholeStep() throws {
    struct Enough: Error {}
    let whole = LineTask()
    try TrainingLoop(whole, on: linePoints).run()
    let task = LineTask()
    let loop = try TrainingLoop(task, on: linePoints)
    var turn = 0
    loop.hooks.afterUpdate.append { _, _ in
      turn += 1
      if turn == 4 { throw Enough() }
    }
    #expect(throws: Enough.self) { try loop.run() }
    #expect(loop.step == 4)
    try loop.run()
    #expect(try weights(task) == weights(whole))
  }
}
