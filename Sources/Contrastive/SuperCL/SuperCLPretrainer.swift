public import NN
public import Tensor

/// Pre-trains an encoder with SuperCL on images without labels.
///
///     var generator = PhiloxGenerator(seed: 1234)
///     let network = SuperCLNetwork<Float>(using: &generator)
///     var configuration = SuperCLConfiguration()
///     configuration.patchSize = 128
///     configuration.intraLevel = .stage(3)    // 16 x 16 pixels; the bottleneck has 8 x 8
///     configuration.slic.segmentCount = .fixed(40)         // so that each superpixel has six of them
///     let pretrainer = try SuperCLPretrainer(network, configuration)
///     try pretrainer.train(on: slices) { progress in print(progress); return .proceed }
///     try network.encoder.save(to: url)
public final class SuperCLPretrainer<Scalar: TensorFloatingPointScalar> {
  /// What is pre-trained.
  public let network: SuperCLNetwork<Scalar>
  /// How it is pre-trained.
  public let configuration: SuperCLConfiguration
  /// The loop, for its history of every term and its checkpoints.
  public let loop: TrainingLoop<Scalar>
  /// The distinct warnings of the steps so far, each with the number of steps that gave it.
  public private(set) var warnings: [String: Int] = [:]
  private let loss: SuperCLLoss<Scalar>
  private let viewMaker: SuperCLViewMaker

  /// - Throws: ``SuperCLError/badConfiguration(field:value:reason:)``.
  public init(
    _ network: SuperCLNetwork<Scalar>, _ configuration: SuperCLConfiguration = .init()
  ) throws(SuperCLError) {
    loss = try SuperCLLoss(configuration)
    let multiple = network.encoder.configuration.sizeMultiple
    guard configuration.patchSize % multiple == 0 else {
      throw .badConfiguration(
        field: "patchSize", value: "\(configuration.patchSize)", reason: "must be a multiple of \(multiple)")
    }
    self.network = network
    self.configuration = configuration
    viewMaker = SuperCLViewMaker(configuration)
    loop = TrainingLoop(
      network,
      optimizer: SGD(
        network, learningRate: configuration.learningRate,
        momentum: configuration.momentum == 0 ? .none : .classical(factor: configuration.momentum),
        weightDecay: configuration.weightDecay),
      schedule: .cosine(start: configuration.learningRate, steps: max(configuration.steps, 1)),
      seed: configuration.seed)
  }

  /// Trains until ``SuperCLConfiguration/steps`` are done; a loop that was resumed goes on where it stood.
  ///
  /// - Parameters:
  ///   - images: Of any sizes; patches are cropped or padded from them at random.
  ///   - checkpoint: Where and how often the state is written.
  ///   - progress: Called after every step with every term and diagnostic.
  /// - Throws: ``SuperCLError``, `TrainingError`, `CheckpointError`.
  public func train(
    on images: [PretrainingImage<Scalar>], checkpoint: CheckpointPolicy? = nil,
    progress: (TrainingProgress) throws -> TrainingControl = { _ in .proceed }
  ) throws {
    // All at once, before the first step: a broken image may come late in the order.
    for (index, image) in images.enumerated() { try check(image, index) }
    try train(on: ArrayDataset(images), checkpoint: checkpoint, progress: progress)
  }

  /// The same on images that are read when a batch needs them, such as slices of scans on disk: memory holds a batch.
  ///
  ///     let slices = dataset.mapped { PretrainingImage($0.image, position: $0.position.fraction) }
  ///     try pretrainer.train(on: slices)
  ///
  /// - Throws: what reading an image throws, too.
  public func train(
    on images: some Dataset<PretrainingImage<Scalar>>, checkpoint: CheckpointPolicy? = nil,
    progress: (TrainingProgress) throws -> TrainingControl = { _ in .proceed }
  ) throws {
    let count = images.count
    guard count > 0 else { throw SuperCLError.badImages("there are no images to pre-train on") }
    if configuration.epochs == .perEpoch(.dropped), count < configuration.batchSize {
      throw SuperCLError.badImages(
        "\(count) images do not fill a batch of \(configuration.batchSize), and the rest of an epoch is dropped"
      )
    }
    try loop.run(
      until: configuration.steps, imagesPerStep: configuration.batchSize, checkpoint: checkpoint,
      progress: progress
    ) { step, _ in
      // At every step: whoever looks at features between two steps may leave the mode at evaluation.
      network.setMode(.training)
      let indices = loop.batch(
        step: step, size: configuration.batchSize, count: count, epochs: configuration.epochs)
      let batch = try indices.map { index in
        let image = try images.element(at: index)
        try check(image, index)
        return image
      }
      let views = try viewMaker.views(of: batch, seed: configuration.seed, step: step)
      let report = try loss.evaluate(network, views)
      for warning in report.diagnostics.warnings {
        // Figures change from step to step; the sentence behind them names the kind.
        let kind = warning.drop { $0.isNumber || $0 == "." || $0 == " " }
        warnings[String(kind), default: 0] += 1
      }
      return .init(loss: report.loss, terms: report.terms)
    }
  }

  private func check(_ image: PretrainingImage<Scalar>, _ index: Int) throws(SuperCLError) {
    let shape = image.image.shape
    let channels = network.encoder.configuration.inputChannels
    guard shape.rank == 3, shape[-1] == channels else {
      throw .badImages("image \(index) has shape \(shape); the encoder takes [height, width, \(channels)]")
    }
    guard shape.elementCount > 0 else { throw .badImages("image \(index) has no pixels: shape \(shape)") }
    // The min-max of the augmentation would turn such an image into zeros without a word.
    guard image.image.isFinite().all(), image.position?.isFinite ?? true else {
      throw .badImages("image \(index) has values that are not finite")
    }
  }
}
