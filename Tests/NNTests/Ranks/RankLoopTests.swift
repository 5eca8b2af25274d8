import Foundation
import NN
import Synchronization
import Tensor
import TestSupport
import Testing

/// Trainings over ranks against one process.
@Suite struct RankLoopTests {
  /// What one training gave.
  struct Run: Sendable {
    var terms: [[Double]] = []
    var gradients: [String: Tensor<Float>] = [:]
    var state: [String: Tensor<Float>] = [:]
    var notes: [String] = []
    var end = TrainingEnd.finished
  }

  static var slices: [LabeledImage] {
    (0..<11).map { index in
      let labels = Tensor<Int32>(
        (0..<256).map { $0 / 16 > 3 + index % 5 && $0 % 16 > 5 ? 1 : 0 }, shape: [16, 16])
      let noise: Tensor<Float> = testTensor([16, 16, 1], seed: UInt64(index)) * 0.3
      return LabeledImage(image: Tensor<Float>(converting: labels).expanded(at: -1) + noise, labels: labels)
    }
  }

  static func task(_ recipe: TrainingRecipe) -> SegmentationTask {
    var generator = SplitMix64(seed: 1)
    return SegmentationTask(
      UNet<Float>(UNetConfiguration(widths: [4, 8, 16]), classCount: 2, using: &generator), classCount: 2,
      recipe: recipe,
      augmentation: NamedAugmentation("noise") { image, generator in
        var changed = image
        changed.image = image.image * Float(generator.uniform(in: 0.9...1.1))
        return changed
      }, optimizer: OptimizerSettings(.sgd(), rate: .constant(0.05)))
  }

  static func train(
    _ communicator: any Communicator, _ recipe: TrainingRecipe, sharing: RankSharing = .init(),
    workers: Int = 0
  ) throws -> Run {
    let task = task(recipe)
    let loop = try TrainingLoop(
      task, on: slices, workers: workers, communicator: communicator, sharing: sharing)
    var run = Run()
    loop.hooks.beforeUpdate.append { parameters, moment in
      guard moment.step == 0 else { return }
      for (name, parameter) in parameters { run.gradients[name] = parameter.gradient }
    }
    run.end = try loop.run { progress in
      run.terms.append(progress.terms.map(\.value))
      run.notes += progress.notes
      return .proceed
    }
    for (name, parameter) in task.network.namedParameters { run.state[name] = parameter.value }
    for (name, buffer) in task.network.namedBuffers { run.state[name] = buffer.value }
    return run
  }

  private func expectNear(
    _ found: [String: Tensor<Float>], _ expected: [String: Tensor<Float>], _ what: String,
    tolerance: Double = 1e-5
  ) {
    #expect(found.keys == expected.keys)
    let largest = expected.values.map(\.euclideanNorm).max() ?? 0
    for (name, value) in expected {
      let error = Double((found[name, default: value * 0] - value).euclideanNorm)
      let bound = tolerance * Double(max(value.euclideanNorm, 0.1 * largest))
      #expect(error <= bound, "\(what) of \(name) is off by \(error), more than \(bound)")
    }
  }

  /// SyncBN: n ranks with a part each are one process with the batch, in whatever way the batch is cut; small buckets, too.
  @Test(
    arguments: [2, 4],
    [
      TrainingRecipe(steps: 3, batchSize: 4), TrainingRecipe(steps: 3, batchSize: 4, accumulation: 2),
      TrainingRecipe(steps: 3, batchSize: 8, lastBatch: .dropped),
    ])
  func ranksAreOneProcess(_ count: Int, _ recipe: TrainingRecipe) throws {
    let whole = try Self.train(SingleProcess(), recipe)
    let sharing = RankSharing(bucketBytes: count == 2 ? 4 << 20 : 256)
    let runs = try InProcessRanks.run(count) { try Self.train($0, recipe, sharing: sharing) }
    #expect(runs[0].terms.count == 3 && runs[1].terms.isEmpty, "rank 0 alone reports")
    for (step, (found, expected)) in zip(runs[0].terms.joined(), whole.terms.joined()).enumerated() {
      #expect(abs(found - expected) <= (step == 0 ? 1e-5 : 1e-4) * max(1, abs(expected)))
    }
    for run in runs {
      expectNear(run.gradients, whole.gradients, "gradient")
      // Rounding grows from step to step.
      expectNear(run.state, whole.state, "state", tolerance: 1e-4)
      #expect(run.state == runs[0].state, "ranks differ")
    }
    let again = try InProcessRanks.run(count) { try Self.train($0, recipe, sharing: sharing, workers: 2) }
    #expect(again[0].state == runs[0].state && again[0].terms == runs[0].terms, "another run, other bits")
  }

  @Test func ownNormsTrainAnotherNetworkOnEqualRanks() throws {
    let recipe = TrainingRecipe(steps: 3, batchSize: 4)
    let whole = try Self.train(SingleProcess(), recipe)
    let runs = try InProcessRanks.run(2) {
      try Self.train($0, recipe, sharing: RankSharing(norms: .ofEachRank))
    }
    #expect(runs[0].state != whole.state)
    let isParameter = { (name: String) in !name.contains("running") }
    #expect(
      runs[0].state.filter { isParameter($0.key) } == runs[1].state.filter { isParameter($0.key) })
  }

  @Test func oneRankIsTheProcess() throws {
    let recipe = TrainingRecipe(steps: 3, batchSize: 4)
    let whole = try Self.train(SingleProcess(), recipe)
    let rank = try InProcessRanks.run(1) { try Self.train($0, recipe) }[0]
    #expect(rank.state == whole.state && rank.terms == whole.terms && rank.gradients == whole.gradients)
  }

  /// 11 images in batches of 4, the last of 3: padded for two ranks.
  @Test func unevenEndsTrain() throws {
    let recipe = TrainingRecipe(steps: 6, batchSize: 4, lastBatch: .kept)
    for ends in [UnevenEnds.padded, .dropped] {
      let runs = try InProcessRanks.run(2) { try Self.train($0, recipe, sharing: RankSharing(ends: ends)) }
      #expect(runs[0].state == runs[1].state && runs[0].terms.count == 6)
    }
  }

  @Test func whatRankZeroDecidesHoldsForAll() throws {
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 2)
    let ends = try InProcessRanks.run(2) { communicator -> (TrainingEnd, Int, Double) in
      let task = Self.task(TrainingRecipe(steps: 9, batchSize: 4))
      let loop = try TrainingLoop(task, on: Self.slices, communicator: communicator)
      let plateau = PlateauSchedule(rate: 0.1, factor: 0.5, patience: 0)
      loop.plateau = plateau
      let validation = Validation(everySteps: 1, better: .higher) {
        #expect(communicator.rank == 0, "rank 0 alone validates")
        return 3
      }
      let end = try loop.run(checkpoint: policy, validation: validation) { progress in
        #expect(communicator.rank == 0 && progress.score == 3)
        loop.plateau?.report(1)
        return progress.step == 5 ? .stop : .proceed
      }
      #expect(loop.record.bestScore == 3 && loop.record.scoresSinceBest == 4)
      return (end, loop.step, loop.plateau?.rate ?? 0)
    }
    #expect(ends.allSatisfy { $0.0 == .stopped && $0.1 == 5 })
    #expect(ends[0].2 == ends[1].2 && ends[0].2 < 0.1)
    #expect(try TrainingLog.entries(of: policy.logURL).map(\.step) == [1, 2, 3, 4, 5])
  }
}
