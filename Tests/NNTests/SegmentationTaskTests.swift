import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SegmentationTaskTests {
  private var slices: [LabeledImage] {
    (0..<5).map { index in
      let labels = Tensor<Int32>(
        (0..<256).map { $0 / 16 > 3 + index && $0 % 16 > 5 ? 1 : 0 }, shape: [16, 16])
      let noise: Tensor<Float> = testTensor([16, 16, 1], seed: UInt64(index)) * 0.3
      return LabeledImage(image: Tensor<Float>(converting: labels).expanded(at: -1) + noise, labels: labels)
    }
  }

  /// Noise from the image's own generator, so that the random state matters.
  private let noise = NamedAugmentation("noise") { image, generator in
    var changed = image
    changed.image = image.image * Float(generator.uniform(in: 0.9...1.1))
    return changed
  }

  private func task(
    loss: any SegmentationLoss = CombinedLoss.crossEntropyAndDice,
    augmentation: (any LabeledImageAugmentation)? = nil
  ) -> SegmentationTask {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator)
    return SegmentationTask(
      network, classCount: 2, recipe: TrainingRecipe(steps: 6, batchSize: 3), loss: loss,
      augmentation: augmentation)
  }

  @Test(arguments: [1, 4], [0, 2]) func stoppedAndResumedItIsTheUnbrokenTraining(_ stop: Int, _ workers: Int)
    throws
  {
    let whole = task(augmentation: noise)
    try TrainingLoop(whole, on: slices).run()
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 100)
    try TrainingLoop(task(augmentation: noise), on: slices).run(checkpoint: policy) {
      $0.step == stop ? .stop : .proceed
    }
    let resumed = task(augmentation: noise)
    let loop = try TrainingLoop(resumed, on: slices, workers: workers)
    try loop.resume(from: policy.url)
    #expect(loop.step == stop)
    try loop.run()
    #expect(try resumed.network.state().data() == whole.network.state().data())
  }

  /// What the loss and the augmentation are is compared, too.
  @Test func anotherLossOrAugmentationIsAnotherTraining() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    try TrainingLoop(task(augmentation: noise), on: slices).write(to: url)
    for (other, field) in [
      (task(), "settings.augmentation"),
      (task(loss: CrossEntropyLoss(), augmentation: noise), "settings.loss.type"),
      (
        task(
          loss: CombinedLoss([(1, CrossEntropyLoss()), (1, DiceLoss(smoothing: 2))]), augmentation: noise),
        "settings.loss.value[1].loss.value.smoothing is 1 in the file and 2"
      ),
    ] {
      let error = #expect(throws: CheckpointError.self) {
        try TrainingLoop(other, on: slices).resume(from: url)
      }
      #expect(error?.context.contains(field) == true, "\(error?.context ?? "")")
    }
  }

  /// Dropout draws from the step's key: a stopped training goes on with the same masks.
  @Test func aNetworkWithDropoutTrainsAndResumes() throws {
    func task() -> SegmentationTask {
      var generator = SplitMix64(seed: 4)
      let network = Sequential<Float>(
        Conv2D<Float>(inputChannels: 1, outputChannels: 4, kernelSize: 3, padding: 1, using: &generator),
        Dropout<Float>(probability: 0.5),
        Conv2D<Float>(inputChannels: 4, outputChannels: 2, kernelSize: 1, using: &generator))
      return SegmentationTask(network, classCount: 2, recipe: TrainingRecipe(steps: 4, batchSize: 3))
    }
    let whole = task()
    try TrainingLoop(whole, on: slices).run()
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 100)
    try TrainingLoop(task(), on: slices).run(checkpoint: policy) { $0.step == 2 ? .stop : .proceed }
    let resumed = task()
    let loop = try TrainingLoop(resumed, on: slices)
    try loop.resume(from: policy.url)
    try loop.run()
    #expect(try resumed.network.state().data() == whole.network.state().data())
  }

  /// Any layer that maps an image to logits.
  @Test func aNetworkOfOneConvolutionTrains() throws {
    var generator = SplitMix64(seed: 2)
    let layer = Conv2D<Float>(
      inputChannels: 1, outputChannels: 2, kernelSize: 3, padding: 1, using: &generator)
    let task = SegmentationTask(
      layer, classCount: 2, recipe: TrainingRecipe(steps: 30, batchSize: 5),
      optimizer: OptimizerSettings(.adam(), rate: .constant(0.05)))
    var losses: [Double] = []
    try TrainingLoop(task, on: slices).run {
      losses.append($0.terms[0].value)
      return .proceed
    }
    #expect(losses[29] < 0.8 * losses[0])
    let wrong = SegmentationTask(layer, classCount: 3, recipe: TrainingRecipe(steps: 1, batchSize: 5))
    #expect(throws: TrainingError.self) { try TrainingLoop(wrong, on: slices).run() }
  }

  /// Images that are read one by one, and whose reading may fail.
  private struct Files: Dataset {
    let images: [LabeledImage]
    var broken: Int?
    struct Unreadable: Error, Equatable { let index: Int }
    var count: Int { images.count }
    func element(at index: Int) throws -> LabeledImage {
      if index == broken { throw Unreadable(index: index) }
      return images[index]
    }
  }

  @Test func aDatasetTrainsAsItsImagesDo() throws {
    let (fromMemory, fromFiles) = (task(augmentation: noise), task(augmentation: noise))
    try TrainingLoop(fromMemory, on: slices).run()
    try TrainingLoop(fromFiles, on: Files(images: slices)).run()
    #expect(try fromFiles.network.state().data() == fromMemory.network.state().data())
    let error = #expect(throws: DataError.self) {
      try TrainingLoop(task(), on: Files(images: slices, broken: 2)).run()
    }
    // In which step depends on the order.
    guard case .exampleFailed(epoch: 0, _, index: 2)? = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.underlying as? Files.Unreadable == Files.Unreadable(index: 2))
    #expect(throws: TrainingError(.badData("there are no examples to train on"))) {
      try TrainingLoop(task(), on: Files(images: []))
    }
  }

  @Test func predictingInBetweenChangesNothing() throws {
    let (plain, watched) = (task(), task())
    try TrainingLoop(plain, on: slices).run()
    try TrainingLoop(watched, on: slices).run { _ in
      _ = try watched.network.predictedLabels(slices[0].image.expanded(at: 0))
      return .proceed
    }
    #expect(try watched.network.state().data() == plain.network.state().data())
  }

  @Test func imagesOfDifferentShapesAreAnError() throws {
    let small = LabeledImage(image: Tensor(zeros: [16, 32, 1]), labels: Tensor(zeros: [16, 32]))
    let error = #expect(throws: DataError.self) { try TrainingLoop(task(), on: slices + [small]).run() }
    #expect(
      error?.underlying as? DataError == DataError(.shapesDiffer(first: [16, 16, 1], other: [16, 32, 1])))
  }

  @Test func labelsThatDoNotFitTheImageAreAnError() throws {
    var image = slices[1]
    image.labels = Tensor(zeros: [16, 15])
    try expect(
      TrainingError(
        .imageDoesNotFit(index: 1, shape: [16, 16, 1], reason: "its labels have shape [16, 15]")),
      from: [slices[0], image])
  }

  /// Sides, axes and channels that the network does not take.
  @Test(arguments: [[16, 24, 1], [16, 16, 2], [16, 16], [0, 16, 1]])
  func imagesThatDoNotFitTheNetworkAreAnError(_ shape: [Int]) throws {
    let image = LabeledImage(
      image: Tensor(zeros: TensorShape(shape)), labels: Tensor(zeros: TensorShape(Array(shape.dropLast()))))
    let reason = "the network takes 2 axes of multiples of [16, 16] and 1 channels"
    let expected = TrainingError(.imageDoesNotFit(index: 0, shape: shape, reason: reason))
    try expect(expected, from: [image])
    #expect(throws: expected) { try task().network.predictedLabels(image.image.expanded(at: 0)) }
  }

  @Test func weightsOfOtherClassesAreAnError() throws {
    let loss = CombinedLoss([(1, CrossEntropyLoss(classWeights: [1, 2, 3])), (1, DiceLoss())])
    let error = TrainingError(
      .badSetting(field: "classWeights", value: "[1.0, 2.0, 3.0]", reason: "there are 2 classes"))
    try expect(error, from: slices, loss: loss)
  }

  @Test func aNetworkOfOtherSizesDoesNotResume() throws {
    func task(slope: Double) -> SegmentationTask {
      var generator = SplitMix64(seed: 1)
      let sizes = UNetConfiguration(inputChannels: 1, widths: [2, 2, 2, 2, 2], negativeSlope: slope)
      return SegmentationTask(
        UNet<Float>(sizes, classCount: 2, using: &generator), classCount: 2,
        recipe: TrainingRecipe(steps: 2, batchSize: 2))
    }
    let folder = try TemporaryFolder()
    let file = folder.file("state")
    try TrainingLoop(task(slope: 0.01), on: slices).write(to: file)
    let loop = try TrainingLoop(task(slope: 0.2), on: slices)
    let error = #expect(throws: CheckpointError.self) { try loop.resume(from: file) }
    #expect(error?.field == "settings.configuration.value.negativeSlope")
  }

  // MARK: Values and labels that cannot be trained on

  /// Both ways in, before the weights and the running statistics change.
  private func expect(
    _ expected: TrainingError, from images: [LabeledImage],
    loss: any SegmentationLoss = CrossEntropyLoss()
  ) throws {
    let (memory, files) = (task(loss: loss), task(loss: loss))
    let before = try memory.network.state().data()
    #expect(throws: expected) { try TrainingLoop(memory, on: images) }
    let error = #expect(throws: DataError.self) {
      try TrainingLoop(files, on: Files(images: images)).run()
    }
    #expect(error?.underlying as? TrainingError == expected)
    #expect(try files.network.state().data() == before)
  }

  @Test func aBrokenImageIsNamedBeforeTheStep() throws {
    var images = slices
    images[1].image[3, 4, 0] = .nan
    images[1].image[9, 0, 0] = -.infinity
    let error = TrainingError(.imageIsNotFinite(index: 1, place: [3, 4, 0], count: 2))
    try expect(error, from: images)
    #expect(
      error.description
        == "image 1 has 2 values that are not finite, the first at [3, 4, 0]")
  }

  @Test(arguments: [Int32(2), -1, 255]) func aLabelOutsideTheClassesIsNamedBeforeTheStep(_ label: Int32)
    throws
  {
    var images = Array(slices.prefix(2))
    images[0].labels[2, 15] = label
    images[0].labels[7, 1] = label
    images[0].labels[7, 2] = label
    let error = TrainingError(.labelIsNoClass(index: 0, label: label, place: [2, 15], count: 3, classes: 2))
    try expect(error, from: images)
    #expect(
      error.description
        == "image 0 has 3 labels that are none of the 2 classes, the first \(label) at [2, 15]")
  }

  @Test func aLabelThatTheLossLeavesOutIsFine() throws {
    // Both in the first batch, so that the label is met before the first step.
    var images = Array(slices.prefix(2))
    images[0].labels[2, 15] = 255
    try TrainingLoop(task(loss: CrossEntropyLoss(ignoredLabel: 255)), on: images).run()
    // Dice does not leave it out.
    try expect(
      TrainingError(.labelIsNoClass(index: 0, label: 255, place: [2, 15], count: 1, classes: 2)),
      from: images,
      loss: CombinedLoss([(1, CrossEntropyLoss(ignoredLabel: 255)), (1, DiceLoss())]))
  }

  @Test func augmentationIsLookedAtToo() {
    let division = NamedAugmentation("division by zero") { image, _ in
      LabeledImage(image: image.image / 0, labels: image.labels)
    }
    let error = #expect(throws: DataError.self) {
      try TrainingLoop(task(augmentation: division), on: slices).run()
    }
    guard case .imageIsNotFinite(_, [0, 0, 0], 256)? = (error?.underlying as? TrainingError)?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
