import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// What is wrong on one rank ends all of them, with a line that says what and where.
@Suite struct RankErrorTests {
  struct Unreadable: Error, CustomStringConvertible { let description = "an image cannot be read" }

  /// The code of the error that a training on `count` ranks ends with.
  private func failure(
    _ count: Int = 2, _ body: @escaping @Sendable (any Communicator) throws -> Void
  ) -> any Error {
    do {
      _ = try InProcessRanks.run(count, body)
      return CommunicationError(.engine(call: "none", message: "nothing was thrown"))
    } catch {
      return error
    }
  }

  private static func train(
    _ communicator: any Communicator, recipe: TrainingRecipe = TrainingRecipe(steps: 3, batchSize: 4),
    images: [LabeledImage] = RankLoopTests.slices, sharing: RankSharing = .init()
  ) throws {
    try TrainingLoop(
      RankLoopTests.task(recipe), on: images, communicator: communicator, sharing: sharing
    ).run()
  }

  @Test func otherSettingsAreNamed() {
    let error = failure { communicator in
      let seed: UInt64 = communicator.rank == 1 ? 5 : 1234
      try Self.train(communicator, recipe: TrainingRecipe(steps: 3, batchSize: 4, seed: seed))
    }
    #expect("\(error)".contains("training.recipe.seed is 5 on rank 1 and 1234 on rank 0"))
  }

  @Test func otherDataCountsAreNamed() {
    let error = failure(4) { communicator in
      let count = communicator.rank == 2 ? 10 : 11
      try Self.train(communicator, images: Array(RankLoopTests.slices.prefix(count)))
    }
    #expect("\(error)".contains("training.examples is 10 on rank 2 and 11 on rank 0"), "\(error)")
  }

  @Test func otherSharingIsNamed() {
    let error = failure { communicator in
      try Self.train(
        communicator, sharing: RankSharing(norms: communicator.rank == 0 ? .ofAllRanks : .ofEachRank))
    }
    #expect("\(error)".contains("sharing.norms is"), "\(error)")
  }

  @Test func aRankWithoutDataEndsAll() {
    let error = failure { try Self.train($0, images: $0.rank == 1 ? [] : RankLoopTests.slices) }
    #expect(error as? TrainingError == TrainingError(.badData("there are no examples to train on")))
  }

  @Test func aBatchMustDivideByTheRanks() {
    let small = failure(4) { try Self.train($0, recipe: TrainingRecipe(steps: 1, batchSize: 3)) }
    #expect("\(small)".contains("rank 3 would have no image"), "\(small)")
    let uneven = failure(3) { try Self.train($0, recipe: TrainingRecipe(steps: 1, batchSize: 4)) }
    #expect("\(uneven)".contains("multiple of the 3 ranks"), "\(uneven)")
    // 11 images in batches of 10 leave one, for two ranks.
    let recipe = TrainingRecipe(steps: 2, batchSize: 10, lastBatch: .kept)
    let rest = failure { try Self.train($0, recipe: recipe) }
    #expect("\(rest)".contains("the last batch of an epoch has 1 images"), "\(rest)")
    #expect(throws: Never.self) {
      try InProcessRanks.run(2) { try Self.train($0, recipe: recipe, sharing: RankSharing(ends: .padded)) }
    }
  }

  @Test func anImageThatOneRankCannotReadEndsAll() {
    struct Images: Dataset {
      let rank: Int
      var count: Int { 11 }
      func element(at index: Int) throws -> LabeledImage {
        if rank == 1, index % 2 == 1 { throw Unreadable() }
        return RankLoopTests.slices[index]
      }
    }
    let error = failure { communicator in
      let task = RankLoopTests.task(TrainingRecipe(steps: 9, batchSize: 4))
      try TrainingLoop(task, on: Images(rank: communicator.rank), communicator: communicator).run()
    }
    #expect("\(error)".contains("cannot be read"), "\(error)")
  }

  /// A loss that is broken on one rank is broken for all: none waits, and no weight moves.
  @Test func aLossThatIsNotFiniteOnOneRankEndsAll() {
    let error = failure { communicator in
      let task = LineTask(recipe: TrainingRecipe(steps: 3, batchSize: 4))
      if communicator.rank == 1 { task.scale = { $0 == 1 ? .infinity : 1 } }
      try TrainingLoop(task, on: linePoints, communicator: communicator).run()
    }
    guard case .lossIsNotFinite(let step, let objective, _)? = (error as? TrainingError)?.code else {
      Issue.record("\(error)")
      return
    }
    #expect(step == 1 && objective == "loss")
  }

  @Test func ranksAtOtherStepsAreNamed() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    try TrainingLoop(LineTask(), on: linePoints).run(checkpoint: CheckpointPolicy(url, everySteps: 9)) {
      $0.step == 2 ? .stop : .proceed
    }
    let error = failure { communicator in
      let loop = try TrainingLoop(LineTask(), on: linePoints, communicator: communicator)
      if communicator.rank == 1 { try loop.resume(from: url) }
      try loop.run()
    }
    #expect("\(error)".contains("step is 2 on rank 1 and 0 on rank 0"), "\(error)")
  }

  /// An engine whose sums differ by rank is found out at the checkpoint.
  @Test func weightsThatDriftApartAreFound() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    let error = failure { communicator in
      let loop = try TrainingLoop(LineTask(), on: linePoints, communicator: communicator)
      loop.hooks.afterUpdate.append { parameters, moment in
        guard communicator.rank == 1, moment.step == 2 else { return }
        for (_, parameter) in parameters { parameter.value = parameter.value * 1.000001 }
      }
      try loop.run(checkpoint: CheckpointPolicy(url, everySteps: 2))
    }
    #expect(error as? TrainingError == TrainingError(.weightsDiffer(rank: 1, step: 4)))
  }
}
