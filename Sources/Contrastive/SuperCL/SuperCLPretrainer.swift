public import NN
public import Tensor

/// Pre-trains an encoder with SuperCL on images without labels.
///
///     var generator = PhiloxGenerator(seed: 1234)
///     let network = SuperCLNetwork<Float>(using: &generator)
///     var configuration = SuperCLConfiguration()
///     configuration.patchSize = 128
///     let pretrainer = try SuperCLPretrainer(network, configuration)
///     try pretrainer.train(on: slices) { progress in print(progress); return .proceed }
///     try network.encoder.save(to: url)
public final class SuperCLPretrainer<Scalar: TensorFloatingPointScalar> {
  public let network: SuperCLNetwork<Scalar>
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
    guard !images.isEmpty else { throw SuperCLError.badImages("there are no images to pre-train on") }
    let channels = network.encoder.configuration.inputChannels
    for (index, image) in images.enumerated() where image.image.rank != 3 || image.image.shape[-1] != channels
    {
      throw SuperCLError.badImages(
        "image \(index) has shape \(image.image.shape); the encoder takes [height, width, \(channels)]")
    }
    // The min-max of the augmentation would turn such an image into zeros without a word.
    for (index, image) in images.enumerated() where !image.image.isFinite().all() {
      throw SuperCLError.badImages("image \(index) has values that are not finite")
    }
    try loop.run(
      until: configuration.steps, imagesPerStep: configuration.batchSize, checkpoint: checkpoint,
      progress: progress
    ) { step, _ in
      // At every step: whoever looks at features between two steps may leave the mode at evaluation.
      network.setMode(.training)
      let indices = loop.batch(step: step, size: configuration.batchSize, count: images.count)
      let views = try viewMaker.views(of: indices.map { images[$0] }, seed: configuration.seed, step: step)
      let report = try loss.evaluate(network, views)
      for warning in report.diagnostics.warnings {
        // Figures change from step to step; the sentence behind them names the kind.
        let kind = warning.drop { $0.isNumber || $0 == "." || $0 == " " }
        warnings[String(kind), default: 0] += 1
      }
      return .init(loss: report.loss, terms: report.terms)
    }
  }
}
