import Autograd
import NN
import Tensor
import TestSupport
import Testing

/// What training and prediction say of values and labels they cannot use.
@Suite struct PredictionTests {
  private func trainer(_ loss: any SegmentationLoss<Float> = CrossEntropyLoss()) -> SegmentationTrainer<
    Float, Planar
  > {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator)
    return SegmentationTrainer(network, training: .init(steps: 2, batchSize: 2), loss: loss)
  }

  private func images(_ count: Int) -> [LabeledImage<Float>] {
    (0..<count).map {
      LabeledImage(image: testTensor([16, 16, 1], seed: UInt64($0)), labels: Tensor(zeros: [16, 16]))
    }
  }

  @Test(arguments: [Float.nan, .infinity]) func aBrokenImageHasNoLabels(_ value: Float) {
    let trainer = trainer()
    var stack = Tensor(stacking: images(3).map(\.image))
    stack[2, 5, 7, 0] = value
    stack[2, 5, 8, 0] = value
    let error = #expect(throws: PredictionError.imageIsNotFinite(index: 2, count: 2)) {
      try trainer.predict(stack)
    }
    #expect(error?.description == "image 2 has 2 values that are not finite")
    #expect(throws: PredictionError.imageIsNotFinite(index: 2, count: 2)) {
      try trainer.network.predictedLabels(stack)
    }
  }

  @Test func brokenScoresHaveNoLabels() throws {
    let network = trainer().network
    let head = try #require(network.namedParameters.last).parameter
    head.value = head.value * Float.nan
    #expect(throws: PredictionError.scoresAreNotFinite(index: 0, count: 2 * 16 * 16)) {
      try network.predictedLabels(Tensor(stacking: images(2).map(\.image)))
    }
  }

  private struct Files: Dataset {
    let images: [LabeledImage<Float>]
    var count: Int { images.count }
    func element(at index: Int) throws -> LabeledImage<Float> { images[index] }
  }

  /// Both ways in, before the weights and the running statistics change.
  private func expect(
    _ expected: TrainingError, from images: [LabeledImage<Float>],
    loss: any SegmentationLoss<Float> = CrossEntropyLoss()
  ) throws {
    for fromFiles in [false, true] {
      let trainer = trainer(loss)
      let before = try trainer.network.state().data()
      #expect(throws: expected) {
        if fromFiles { try trainer.train(on: Files(images: images)) } else { try trainer.train(on: images) }
      }
      #expect(try trainer.network.state().data() == before)
    }
  }

  @Test func aBrokenImageIsNamedBeforeTheStep() throws {
    var images = images(2)
    images[1].image[3, 4, 0] = .nan
    images[1].image[9, 0, 0] = -.infinity
    try expect(.imageIsNotFinite(index: 1, place: [3, 4, 0], count: 2), from: images)
    #expect(
      TrainingError.imageIsNotFinite(index: 1, place: [3, 4, 0], count: 2).description
        == "image 1 has 2 values that are not finite, the first at [3, 4, 0]")
  }

  @Test(arguments: [Int32(2), -1, 255]) func aLabelOutsideTheClassesIsNamedBeforeTheStep(_ label: Int32)
    throws
  {
    var images = images(2)
    images[0].labels[2, 15] = label
    images[0].labels[7, 1] = label
    images[0].labels[7, 2] = label
    let error = TrainingError.labelIsNoClass(index: 0, label: label, place: [2, 15], count: 3, classes: 2)
    try expect(error, from: images)
    #expect(
      error.description
        == "image 0 has 3 labels that are none of the 2 classes, the first \(label) at [2, 15]")
  }

  @Test func aLabelThatTheLossLeavesOutIsFine() throws {
    var images = images(2)
    images[0].labels[2, 15] = 255
    try trainer(CrossEntropyLoss(ignoredLabel: 255)).train(on: images)
    // Dice does not leave it out.
    try expect(
      .labelIsNoClass(index: 0, label: 255, place: [2, 15], count: 1, classes: 2), from: images,
      loss: CombinedLoss([(1, CrossEntropyLoss(ignoredLabel: 255)), (1, DiceLoss())]))
  }

  @Test func augmentationIsLookedAtToo() {
    let trainer = trainer()
    let error = #expect(throws: TrainingError.self) {
      try trainer.train(
        on: images(1),
        augment: { image, _ in LabeledImage(image: image.image / 0, labels: image.labels) })
    }
    guard case .imageIsNotFinite(0, [0, 0, 0], 256) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
