import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SegmentationTrainerTests {
  private var slices: [LabeledImage<Float>] {
    (0..<5).map { index in
      let labels = Tensor<Int32>(
        (0..<256).map { $0 / 16 > 3 + index && $0 % 16 > 5 ? 1 : 0 }, shape: [16, 16])
      let noise: Tensor<Float> = testTensor([16, 16, 1], seed: UInt64(index)) * 0.3
      return LabeledImage(image: Tensor<Float>(converting: labels).expanded(at: -1) + noise, labels: labels)
    }
  }

  private func trainer() -> SegmentationTrainer<Float, Planar> {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator)
    return SegmentationTrainer(network, training: .init(steps: 6, batchSize: 3, learningRate: 1e-2))
  }

  /// Noise from the step's generator, so that the random state matters.
  private func augment(_ image: LabeledImage<Float>, _ generator: inout PhiloxGenerator) -> LabeledImage<
    Float
  > {
    var changed = image
    changed.image = image.image * Float.random(in: 0.9...1.1, using: &generator)
    return changed
  }

  @Test(arguments: [1, 4]) func stoppedAndResumedItIsTheUnbrokenTraining(_ stop: Int) throws {
    let whole = trainer()
    try whole.train(on: slices, augment: augment)
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    try trainer().train(
      on: slices, checkpoint: CheckpointPolicy(url, everySteps: 100),
      progress: { $0.step == stop ? .stop : .proceed }, augment: augment)
    let resumed = trainer()
    try resumed.loop.resume(from: url)
    #expect(resumed.loop.step == stop)
    try resumed.train(on: slices, augment: augment)
    #expect(try resumed.network.state().data() == whole.network.state().data())
    #expect(resumed.loop.history == whole.loop.history)
  }

  @Test func theDefaultsAreTheReleasedCodes() {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator)
    let released = SegmentationTrainer(network, training: .init(steps: 7))
    #expect(released.loop.schedule == .flooredCosine(start: 5e-4, floor: 5e-6, steps: 7))
    #expect(released.training.batchSize == 5 && released.training.weightDecay == 1e-5)
    let fitted = SegmentationTrainer(network, training: .init(steps: 7, floor: .reached(5e-6)))
    #expect(fitted.loop.schedule == .cosine(start: 5e-4, end: 5e-6, steps: 7))
  }

  @Test(arguments: [
    (EpochBatching.perEpoch(.kept), [3, 2, 3, 2]), (.perEpoch(.dropped), [3, 3, 3, 3]),
    (.continuous, [3, 3, 3, 3]),
  ])
  func batchesEndAsTheTrainingSays(_ epochs: EpochBatching, _ counts: [Int]) throws {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator)
    let trainer = SegmentationTrainer(network, training: .init(steps: 4, batchSize: 3, epochs: epochs))
    var found = [0]
    try trainer.train(on: slices) { _ in
      found.append(0)
      return .proceed
    } augment: { image, _ in
      found[found.count - 1] += 1
      return image
    }
    #expect(Array(found.dropLast()) == counts)
  }

  @Test func aSetThatFillsNoBatchCannotDropTheRest() {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator)
    let trainer = SegmentationTrainer(
      network, training: .init(steps: 4, batchSize: 6, epochs: .perEpoch(.dropped)))
    #expect(
      throws: TrainingError.badData(
        "5 images do not fill a batch of 6, and the rest of an epoch is dropped")
    ) { try trainer.train(on: slices) }
  }

  /// As the documentation writes it: a closure behind the call is the report.
  @Test func aClosureBehindTheCallReports() throws {
    var steps: [Int] = []
    try trainer().train(on: slices) {
      steps.append($0.step)
      return .proceed
    }
    try trainer().train(on: Files(images: slices)) {
      steps.append($0.step)
      return $0.step == 2 ? .stop : .proceed
    }
    #expect(steps == [1, 2, 3, 4, 5, 6, 1, 2])
  }

  /// Images that are read one by one, and whose reading may fail.
  private struct Files: Dataset {
    let images: [LabeledImage<Float>]
    var broken: Int?
    struct Unreadable: Error, Equatable { let index: Int }
    var count: Int { images.count }
    func element(at index: Int) throws -> LabeledImage<Float> {
      if index == broken { throw Unreadable(index: index) }
      return images[index]
    }
  }

  @Test func aDatasetTrainsAsItsImagesDo() throws {
    let (fromMemory, fromFiles) = (trainer(), trainer())
    try fromMemory.train(on: slices, augment: augment)
    try fromFiles.train(on: Files(images: slices), augment: augment)
    #expect(try fromFiles.network.state().data() == fromMemory.network.state().data())
    #expect(throws: Files.Unreadable(index: 2)) {
      try trainer().train(on: Files(images: slices, broken: 2))
    }
    #expect(throws: TrainingError.self) { try trainer().train(on: Files(images: [])) }
  }

  @Test func predictingInBetweenChangesNothing() throws {
    let (plain, watched) = (trainer(), trainer())
    try plain.train(on: slices)
    try watched.train(
      on: slices,
      progress: { _ in
        _ = try watched.predict(slices[0].image.expanded(at: 0))
        return .proceed
      })
    #expect(try watched.network.state().data() == plain.network.state().data())
  }

  @Test func predictionsAreTheLargestScores() throws {
    let trainer = trainer()
    let images = Tensor(stacking: slices.map(\.image))
    let labels = try trainer.predict(images)
    trainer.network.setMode(.evaluation)
    let scores = trainer.network(Variable(images)).value
    #expect(labels == scores.argmax(along: -1))
    #expect(try trainer.predict(images[0..<0]).shape == [0, 16, 16])
  }

  @Test func withoutImagesThereIsNothingToTrainOn() {
    #expect(throws: TrainingError.badData("there are no labelled images to train on")) {
      try trainer().train(on: [])
    }
  }

  @Test func labelsThatDoNotFitTheImageStop() async {
    await #expect(processExitsWith: .failure) {
      _ = LabeledImage<Float>(image: Tensor(zeros: [4, 4, 1]), labels: Tensor(zeros: [4, 5]))
    }
  }
}
