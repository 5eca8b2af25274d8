import Autograd
public import Tensor

/// One image with its reference labels.
public struct LabeledImage<Scalar: TensorFloatingPointScalar>: Sendable {
  /// `[H, W, C]`, or `[D, H, W, C]`.
  public var image: Tensor<Scalar>
  /// `[H, W]`, or `[D, H, W]`.
  public var labels: Tensor<Int32>

  /// - Precondition: the spatial shapes agree.
  public init(image: Tensor<Scalar>, labels: Tensor<Int32>) {
    shapePrecondition(
      labels.shape == image.shape.removing(axis: -1),
      "labels of shape \(labels.shape) do not fit an image of shape \(image.shape)")
    self.image = image
    self.labels = labels
  }
}

/// How a segmentation network is trained; the defaults are the fine-tuning of SuperCL's released code, but for the ends
/// of epochs (``epochs``) and for the trainer's loss, to which Dice is added: cross-entropy alone trains badly with few
/// labels.
public struct SegmentationTraining<Scalar: TensorFloatingPointScalar>: Sendable {
  /// Steps in all.
  public var steps: Int
  /// Images per step: 5.
  public var batchSize: Int
  /// The rate at the start of the cosine: 5e-4.
  public var learningRate: Double
  /// The lowest rate, and how the cosine comes to it: cut off at 5e-6.
  public var floor: RateFloor
  /// L2 weight decay of Adam: 1e-5.
  public var weightDecay: Double
  /// How epochs are cut into batches: without a break. The released code ends each with a smaller batch,
  /// `.perEpoch(.kept)`.
  public var epochs: EpochBatching
  /// The seed of batches and augmentation: 1234.
  public var seed: UInt64

  /// The lowest rate of the cosine.
  public enum RateFloor: Sendable, Equatable, Codable {
    /// A cosine to 0 that stays at this rate once it is there, `LearningRateSchedule.flooredCosine`: the released code.
    case cutOff(Double)
    /// A cosine that ends at this rate, `LearningRateSchedule.cosine`.
    case reached(Double)
  }

  /// Settings; those that are left out are the defaults above.
  public init(
    steps: Int, batchSize: Int = 5, learningRate: Double = 5e-4, floor: RateFloor = .cutOff(5e-6),
    weightDecay: Double = 1e-5, epochs: EpochBatching = .continuous, seed: UInt64 = 1234
  ) {
    shapePrecondition(
      steps >= 0 && batchSize >= 1, "a training has \(steps) steps of batches of \(batchSize)")
    self.steps = steps
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.floor = floor
    self.weightDecay = weightDecay
    self.epochs = epochs
    self.seed = seed
  }

  var schedule: LearningRateSchedule {
    switch floor {
    case .cutOff(let rate): .flooredCosine(start: learningRate, floor: rate, steps: max(steps, 1))
    case .reached(let rate): .cosine(start: learningRate, end: rate, steps: max(steps, 1))
    }
  }
}

/// Trains a segmentation network on labelled images: fine-tuning, or training from scratch.
///
///     let trainer = SegmentationTrainer(network, training: .init(steps: 500))
///     try trainer.train(on: slices) { print($0); return .proceed }
///     let labels = try trainer.predict(images)
public final class SegmentationTrainer<Scalar: TensorFloatingPointScalar, Rank: SpatialRank> {
  /// The network that is trained.
  public let network: UNetND<Scalar, Rank>
  /// How it is trained.
  public let training: SegmentationTraining<Scalar>
  /// What is minimised.
  public let loss: any SegmentationLoss<Scalar>
  /// The loop, for its history and its checkpoints.
  public let loop: TrainingLoop<Scalar>

  /// A trainer with Adam and a cosine schedule, at step 0.
  public init(
    _ network: UNetND<Scalar, Rank>, training: SegmentationTraining<Scalar>,
    loss: any SegmentationLoss<Scalar> = CombinedLoss<Scalar>.crossEntropyAndDice
  ) {
    self.network = network
    self.training = training
    self.loss = loss
    loop = TrainingLoop(
      network,
      optimizer: Adam(network, learningRate: training.learningRate, weightDecay: training.weightDecay),
      schedule: training.schedule, seed: training.seed)
  }

  /// Trains until ``SegmentationTraining/steps`` are done; a loop that was resumed goes on where it stood.
  ///
  /// - Parameters:
  ///   - images: All of one shape after augmentation.
  ///   - checkpoint: Where and how often the state is written.
  ///   - progress: Called after every step with the loss.
  ///   - augment: Changes an image and its labels together, from random numbers that depend on the seed, the step and
  ///     the place in the batch alone.
  /// - Throws: ``TrainingError`` without images, for an image or a label that cannot be trained on, and for a loss or a
  ///   gradient that is not finite; ``CheckpointError``.
  public func train(
    on images: [LabeledImage<Scalar>], checkpoint: CheckpointPolicy? = nil,
    progress: (TrainingProgress) throws -> TrainingControl = { _ in .proceed },
    augment: (LabeledImage<Scalar>, inout PhiloxGenerator) -> LabeledImage<Scalar> = { image, _ in image }
  ) throws {
    // All at once, before the first step: a broken image may come late in the order.
    for (index, image) in images.enumerated() { try check(image, index) }
    try train(on: ArrayDataset(images), checkpoint: checkpoint, progress: progress, augment: augment)
  }

  /// Trains on images that are read when a batch needs them, such as slices of scans on disk: memory holds a batch. Values
  /// and labels are looked at as an image is read, and again after it was augmented.
  ///
  ///     let slices = dataset.mapped { LabeledImage(image: $0.image, labels: $0.labels) }
  ///     try trainer.train(on: slices) { print($0); return .proceed }
  ///
  /// - Parameters:
  ///   - images: All of one shape after augmentation.
  ///   - checkpoint: Where and how often the state is written.
  ///   - progress: Called after every step with the loss.
  ///   - augment: Changes an image and its labels together.
  /// - Throws: ``TrainingError``, ``CheckpointError``, and what reading an image throws.
  public func train(
    on images: some Dataset<LabeledImage<Scalar>>, checkpoint: CheckpointPolicy? = nil,
    progress: (TrainingProgress) throws -> TrainingControl = { _ in .proceed },
    augment: (LabeledImage<Scalar>, inout PhiloxGenerator) -> LabeledImage<Scalar> = { image, _ in image }
  ) throws {
    let count = images.count
    guard count > 0 else { throw TrainingError.badData("there are no labelled images to train on") }
    if training.epochs == .perEpoch(.dropped), count < training.batchSize {
      throw TrainingError.badData(
        "\(count) images do not fill a batch of \(training.batchSize), and the rest of an epoch is dropped")
    }
    try loop.run(
      until: training.steps, imagesPerStep: training.batchSize, checkpoint: checkpoint, progress: progress
    ) { step, generator in
      // At every step: a prediction between two steps leaves the mode at evaluation.
      network.setMode(.training)
      let indices = loop.batch(
        step: step, size: training.batchSize, count: count, epochs: training.epochs)
      let batch = try indices.map { index in
        let image = try images.element(at: index)
        try check(image, index)
        let changed = augment(image, &generator)
        try check(changed, index)
        return changed
      }
      let logits = network(Variable(Tensor(stacking: batch.map(\.image))))
      let value = loss(logits, Tensor(stacking: batch.map(\.labels)))
      return .init(loss: value, terms: [LossTerm("loss", Double(value.item))])
    }
  }

  /// Refuses values that are not finite, and labels that are neither a class nor left out by the loss.
  private func check(_ image: LabeledImage<Scalar>, _ index: Int) throws(TrainingError) {
    let (count, first) = image.image.nonFiniteElements
    if let first {
      throw .imageIsNotFinite(index: index, place: image.image.shape.place(of: first), count: count)
    }
    let (classes, ignored) = (network.classCount, loss.ignoredLabel)
    let labels = image.labels
    let wrong = labels.withUnsafeBufferPointer { values in
      let isWrong = { (label: Int32) in !(0..<Int32(classes)).contains(label) && label != ignored }
      return values.firstIndex(where: isWrong).map { ($0, values[$0], values.count(where: isWrong)) }
    }
    if let (first, label, count) = wrong {
      throw .labelIsNoClass(
        index: index, label: label, place: labels.shape.place(of: first), count: count, classes: classes)
    }
  }

  /// The labels `[N, spatial...]` of images `[N, spatial..., C]`: the class with the highest score, by running
  /// statistics and without recording. The images go through one by one, so memory does not grow with N.
  ///
  /// - Throws: ``PredictionError``, as ``UNetND/predictedLabels(_:)``.
  public func predict(_ images: Tensor<Scalar>) throws(PredictionError) -> Tensor<Int32> {
    try network.predictedLabels(images)
  }
}

extension TensorShape {
  /// The indices along every axis of the element at `offset` in row-major order.
  fileprivate func place(of offset: Int) -> [Int] {
    var rest = offset
    return dimensions.reversed().map { length in
      defer { rest /= length }
      return rest % length
    }.reversed()
  }
}
