import Foundation
import NN
import Synchronization
import Tensor
import TestSupport
import Testing

/// Images that note which of them are read.
private final class ReadImages: Dataset {
  let slices = RankLoopTests.slices
  let read = Mutex<[Int]>([])
  var count: Int { slices.count }
  func element(at index: Int) throws -> LabeledImage {
    read.withLock { $0.append(index) }
    return slices[index]
  }
}

/// Trainings over ranks that stop and go on, on as many or on others.
@Suite struct RankResumeTests {
  private static let recipe = TrainingRecipe(steps: 6, batchSize: 4)

  struct Outcome: Sendable {
    var state: [Tensor<Float>]
    var notes: [String]
    var read: [Int]
  }

  /// Runs to `stop`, resumed where there is a file.
  private static func run(
    _ communicator: any Communicator, _ url: URL, stop: Int = 6, sharing: RankSharing = .init()
  ) throws -> Outcome {
    let task = RankLoopTests.task(recipe)
    let images = ReadImages()
    let loop = try TrainingLoop(task, on: images, communicator: communicator, sharing: sharing)
    if FileManager.default.fileExists(atPath: url.path) { try loop.resume(from: url) }
    var notes: [String] = []
    try loop.run(checkpoint: CheckpointPolicy(url, everySteps: 100)) {
      notes += $0.notes
      return $0.step == stop ? .stop : .proceed
    }
    return Outcome(
      state: task.network.parameters.map(\.value) + task.network.namedBuffers.map(\.buffer.value),
      notes: notes,
      read: images.read.withLock { $0 })
  }

  @Test func resumedOnAsManyRanksItIsTheUnbrokenTraining() throws {
    let folder = try TemporaryFolder()
    let (wholeURL, url) = (folder.file("whole"), folder.file("state"))
    let whole = try InProcessRanks.run(2) { try Self.run($0, wholeURL) }
    _ = try InProcessRanks.run(2) { try Self.run($0, url, stop: 3) }
    let resumed = try InProcessRanks.run(2) { try Self.run($0, url) }
    for rank in 0..<2 { #expect(resumed[rank].state == whole[rank].state && resumed[rank].notes.isEmpty) }
    #expect(try Data(contentsOf: url) == Data(contentsOf: wholeURL))
  }

  /// What is left of the epoch is the same; the training says that it is not the same to the bit.
  @Test(arguments: [1, 4]) func resumedOnOtherRanksItReadsWhatIsLeft(_ count: Int) throws {
    let folder = try TemporaryFolder()
    let (wholeURL, url) = (folder.file("whole"), folder.file("state"))
    let whole = try InProcessRanks.run(2) { try Self.run($0, wholeURL) }
    let first = try InProcessRanks.run(2) { try Self.run($0, url, stop: 3) }
    let resumed = try InProcessRanks.run(count) { try Self.run($0, url) }
    func read(_ outcomes: [Outcome]) -> [Int] { outcomes.flatMap(\.read).sorted() }
    // Without workers nothing is read ahead, so that both halves together are the whole.
    #expect((read(first) + read(resumed)).sorted() == read(whole))
    #expect(resumed[0].notes.count == 1)
    #expect(
      resumed[0].notes.first?.hasPrefix("the checkpoint is of 2 ranks, this training has \(count)") == true)
    for (found, expected) in zip(resumed[0].state, whole[0].state) {
      #expect((found - expected).euclideanNorm <= 1e-4 * max(1, expected.euclideanNorm))
    }
  }

  @Test func whatElseDiffersIsSaid() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    _ = try InProcessRanks.run(2) {
      try Self.run($0, url, stop: 2, sharing: RankSharing(norms: .ofEachRank, ends: .padded))
    }
    let notes = try InProcessRanks.run(2) { try Self.run($0, url, stop: 4) }[0].notes
    #expect(notes.count == 2)
    #expect(notes.first?.contains("ofEachRank") == true && notes.first?.contains("ofAllRanks") == true)
    #expect(notes.last == "uneven ends were padded, and now are dropped")
  }
}
