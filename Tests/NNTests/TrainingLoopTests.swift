import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct TrainingLoopTests {
  /// Fits y = 2 x with noise from the loop's generator, so that every kind of state matters.
  private func loop(
    seed: UInt64 = 3, schedule: LearningRateSchedule = .cosine(start: 0.1, steps: 10),
    adam: Bool = true
  ) -> TrainingLoop<Double> {
    let layer = Linear<Double>(weight: Tensor(rows: [[0.5]]), bias: Tensor([0]))
    let optimizer: any Optimizer<Double> = adam ? Adam(layer) : SGD(layer)
    return TrainingLoop(layer, optimizer: optimizer, schedule: schedule, seed: seed)
  }

  private func run(
    _ loop: TrainingLoop<Double>, checkpoint: CheckpointPolicy? = nil,
    progress: (TrainingProgress) throws -> TrainingControl = { _ in .proceed }
  ) throws {
    guard let layer = loop.module as? Linear<Double> else { return }
    try loop.run(until: 10, imagesPerStep: 4, checkpoint: checkpoint, progress: progress) { step, generator in
      let rows = loop.batch(step: step, size: 4, count: 7).map { [Double($0)] }
      let noise: Tensor<Double> = Tensor(
        normalWithMean: 0, standardDeviation: 0.1, shape: [4, 1], using: &generator)
      let input = Tensor<Double>(rows: rows)
      let difference = layer(Variable(input)) - Variable(input * 2 + noise)
      let loss = (difference * difference).mean()
      return .init(loss: loss, terms: [LossTerm("loss", loss.item)])
    }
  }

  @Test(arguments: 0...9) func stoppedAndResumedItIsTheUnbrokenTraining(_ stop: Int) throws {
    let whole = loop()
    try run(whole)
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    let first = loop()
    if stop == 0 {
      try first.write(to: url)
    } else {
      try run(first, checkpoint: CheckpointPolicy(url, everySteps: 100)) {
        $0.step == stop ? .stop : .proceed
      }
    }
    let second = loop()
    try second.resume(from: url)
    #expect(second.step == stop)
    try run(second)
    #expect(try second.module.state().data() == whole.module.state().data())
    #expect(try second.optimizer.memory.state().data() == whole.optimizer.memory.state().data())
    #expect(second.history == whole.history)
    #expect(second.history.count == 10)
  }

  @Test func theLossFallsAndTheScheduleIsFollowed() throws {
    let training = loop()
    var rates: [Double] = []
    try run(training) {
      rates.append($0.learningRate)
      return .proceed
    }
    let schedule = LearningRateSchedule.cosine(start: 0.1, steps: 10)
    #expect(rates == (0..<10).map { schedule.rate(at: $0) })
    let losses = training.history.map { $0[0].value }
    #expect(losses[9] < 0.5 * losses[0], "\(losses)")
  }

  /// The plateau's count of bad reports is state too.
  @Test(arguments: [1, 4, 5]) func aPlateauGivesTheRateAndIsResumed(_ stop: Int) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    func train(_ loop: TrainingLoop<Double>, until last: Int) throws -> [Double] {
      var rates: [Double] = []
      try run(loop, checkpoint: CheckpointPolicy(url, everySteps: 100)) { progress in
        rates.append(progress.learningRate)
        // A score that never improves: the rate halves after every third report.
        loop.plateau?.report(1)
        return progress.step == last ? .stop : .proceed
      }
      return rates
    }
    func plateauLoop() -> TrainingLoop<Double> {
      let loop = loop()
      loop.plateau = PlateauSchedule(rate: 0.1, factor: 0.5, patience: 2)
      return loop
    }
    let whole = plateauLoop()
    #expect(try train(whole, until: 10) == [0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025])
    _ = try train(plateauLoop(), until: stop)
    let resumed = plateauLoop()
    try resumed.resume(from: url)
    _ = try train(resumed, until: 10)
    #expect(try resumed.module.state().data() == whole.module.state().data())
    #expect(resumed.plateau == whole.plateau)
    // Without a plateau it is another training.
    let error = #expect(throws: CheckpointError.self) { try loop().resume(from: url) }
    #expect(error?.code == .incompatible && error?.context.contains("plateau") == true)
  }

  @Test func checkpointsComeAtTheirInterval() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    var steps: [Int] = []
    try run(loop(), checkpoint: CheckpointPolicy(url, everySteps: 4)) { progress in
      // What stands there was written after an earlier step.
      if let file = try? TrainingCheckpoint(contentsOf: url), let step = file.fields["step"] {
        steps.append(Int(step) ?? -1)
      }
      return .proceed
    }
    #expect(steps == [4, 4, 4, 4, 8, 8])
    #expect(try TrainingCheckpoint(contentsOf: url).fields["step"] == "10")
  }

  @Test func anEpochShowsEveryIndexOnce() {
    let training = loop()
    let epochs = (0..<7).flatMap { training.batch(step: $0, size: 3, count: 7) }
    for epoch in 0..<3 { #expect(epochs[7 * epoch..<7 * epoch + 7].sorted() == Array(0..<7)) }
    #expect(Array(epochs[0..<7]) != Array(epochs[7..<14]))
    #expect(loop(seed: 4).batch(step: 0, size: 7, count: 7) != training.batch(step: 0, size: 7, count: 7))
    #expect(training.batch(step: 0, size: 5, count: 1) == [0, 0, 0, 0, 0])
  }

  @Test func anEpochEndsAsItsBatchingSays() {
    let training = loop()
    func batches(_ epochs: EpochBatching, _ steps: Int) -> [[Int]] {
      (0..<steps).map { training.batch(step: $0, size: 3, count: 7, epochs: epochs) }
    }
    let kept = batches(.perEpoch(.kept), 6)
    #expect(kept.map(\.count) == [3, 3, 1, 3, 3, 1])
    #expect(kept[..<3].joined().sorted() == Array(0..<7) && kept[3...].joined().sorted() == Array(0..<7))
    let dropped = batches(.perEpoch(.dropped), 4)
    #expect(dropped.map(\.count) == [3, 3, 3, 3])
    #expect(Array(dropped[..<2]) == Array(kept[..<2]) && Array(dropped[2...]) == Array(kept[3..<5]))
    // Without a break, the first two batches are the same, and the third goes on.
    let continuous = batches(.continuous, 3)
    #expect(Array(continuous[..<2]) == Array(kept[..<2]) && continuous[2] == kept[2] + kept[3][..<2])
  }

  @Test func anEpochWithoutABatchStops() async {
    await #expect(processExitsWith: .failure) {
      var generator = SplitMix64(seed: 1)
      let layer = Linear<Float>(inputFeatures: 1, outputFeatures: 1, using: &generator)
      let training = TrainingLoop(
        layer, optimizer: SGD(layer, learningRate: 1), schedule: .constant(1), seed: 1)
      _ = training.batch(step: 0, size: 3, count: 2, epochs: .perEpoch(.dropped))
    }
  }

  @Test func aCheckpointOfAnotherTrainingIsIncompatible() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    let training = loop()
    try run(training, checkpoint: CheckpointPolicy(url, everySteps: 100))
    for other in [loop(seed: 4), loop(schedule: .constant(0.1)), loop(adam: false)] {
      let error = #expect(throws: CheckpointError.self) { try other.resume(from: url) }
      #expect(error?.code == .incompatible)
      #expect(other.step == 0)
    }
  }

  @Test func aMomentOfAnotherShapeIsIncompatible() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    let training = loop()
    try run(training, checkpoint: CheckpointPolicy(url, everySteps: 100))
    var file = try Safetensors(contentsOf: url)
    file.set(Tensor<Double>(zeros: [5]), for: "optimizer.slot.first.weight")
    try file.write(to: url)
    let other = loop()
    let error = #expect(throws: CheckpointError.self) { try other.resume(from: url) }
    #expect(error?.code == .incompatible)
    #expect(error?.context.contains("weight") == true)
  }

  @Test func aTruncatedCheckpointIsATypedError() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    try loop().write(to: url)
    let data = try Data(contentsOf: url)
    try data.prefix(data.count / 2).write(to: url)
    let error = #expect(throws: CheckpointError.self) { try loop().resume(from: url) }
    #expect([.truncated, .badHeader].contains(error?.code))
  }

  @Test func aLossThatIsNotFiniteStopsBeforeTheUpdate() {
    let training = loop()
    let before = training.module.state().entries
    #expect(throws: TrainingError.lossIsNotFinite(step: 0, loss: .infinity)) {
      try training.run(until: 3, imagesPerStep: 1) { _, _ in
        .init(loss: Variable(Tensor(.infinity)), terms: [])
      }
    }
    #expect(training.module.state().entries == before)
  }
}
