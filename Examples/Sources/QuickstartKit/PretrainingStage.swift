package import Contrastive
import Foundation
import NN
import Superpixel
import Tensor

/// Pre-training with SuperCL on the training slices.
package struct PretrainingStage {
  package let data: SliceData
  package let settings: Settings

  package init(data: SliceData, settings: Settings) {
    self.data = data
    self.settings = settings
  }

  /// What the stage found and chose.
  struct Outcome: Codable, Sendable {
    let level: String
    let segmentCount: Int
    let pixelsPerSegment: Double
    let imageCount: Int
    /// The names of the terms, and their values for each step; null where a term is undefined, for example the
    /// similarity of positive pairs in a batch without any.
    let termNames: [String]
    let history: [[Double?]]
    let warnings: [String: Int]
    var seconds: Double
    var peakMiB: Double

    /// How far apart the embeddings of different images lie.
    var spread: EmbeddingSpread? {
      guard let index = termNames.firstIndex(of: "negativeSimilarity") else { return nil }
      return EmbeddingSpread(
        cosines: history.map { $0[index] }, temperature: SuperCLConfiguration().temperature)
    }

    /// Warns of what went wrong in pre-training.
    func say(to progress: RunProgress) {
      for (warning, count) in warnings.sorted(by: { $0.key < $1.key }) {
        progress.warn("pre-training, \(count) of \(history.count) steps: \(warning)")
      }
      if let spread, spread.isNarrow { progress.warn(spread.sentence) }
    }
  }

  /// The deepest level on which 100 superpixels, or at least 30, have enough sampled pixels each, and their number.
  static func levelAndSegments(patch: Int, pixelsPerSegment: Int) -> (level: FeatureLevel, segments: Int) {
    let levels: [(FeatureLevel, Int)] = [(.bottleneck, 16), (.stage(3), 8), (.stage(2), 4), (.stage(1), 2)]
    for (level, factor) in levels {
      let segments = min(100, (patch / factor) * (patch / factor) / pixelsPerSegment)
      if segments >= 30 { return (level, segments) }
    }
    return (.stage(0), max(1, patch * patch / pixelsPerSegment / 4))
  }

  /// The training slices without their labels. Nothing of validation or test is read.
  package func images() -> [PretrainingImage<Float>] {
    let training = data.split.slices(of: .train)
    return training.map { index in
      PretrainingImage(
        data.workingImage(index),
        position: InstancePositives.position(slice: index, of: data.intensities.shape[0]))
    }
  }

  /// The level that ILCP reads, and the number of superpixels.
  private var choice: (level: FeatureLevel, segments: Int) {
    Self.levelAndSegments(patch: data.patch, pixelsPerSegment: settings.pixelsPerSegment)
  }

  func configuration() -> SuperCLConfiguration {
    var configuration = SuperCLConfiguration()
    configuration.intraLevel = choice.level
    configuration.slic.segmentCount = .fixed(choice.segments)
    configuration.patchSize = data.patch
    configuration.batchSize = settings.pretrainingBatch
    configuration.steps = settings.pretrainingSteps
    configuration.learningRate = settings.pretrainingRate
    return configuration
  }

  /// From PyTorch's initial weights, the library's default and the released code's.
  func network() -> SuperCLNetwork<Float> {
    var generator = PhiloxGenerator(seed: SuperCLConfiguration().seed, stream: 3)
    return SuperCLNetwork(UNetConfiguration(width: settings.width), using: &generator)
  }

  /// Trains, or goes on from the folder's state, and writes `encoder.safetensors`.
  func run(in folder: OutputFolder, progress: RunProgress) throws -> Outcome {
    let encoderFile = folder.file("encoder.safetensors")
    if let finished = folder.finished("pretraining", as: Outcome.self),
      FileManager.default.fileExists(atPath: encoderFile.path)
    {
      return finished
    }
    let configuration = configuration()
    let network = network()
    let pretrainer = try SuperCLPretrainer(network, configuration)
    let checkpoint = folder.stateFile("pretraining.checkpoint")
    if FileManager.default.fileExists(atPath: checkpoint.path) {
      try pretrainer.loop.resume(from: checkpoint)
    }
    let images = images()
    let measured = try Measurement.of {
      try pretrainer.train(
        on: images, checkpoint: CheckpointPolicy(checkpoint, everySteps: 50),
        progress: progress.reporter("SuperCL"))
    }
    guard pretrainer.loop.step == configuration.steps else { throw Interruption() }
    try network.save(to: encoderFile)
    let multiple = data.patch >> (configuration.intraLevel.halvings)
    let outcome = Outcome(
      level: "\(configuration.intraLevel)", segmentCount: choice.segments,
      pixelsPerSegment: Double(multiple * multiple) / Double(choice.segments),
      imageCount: images.count, termNames: pretrainer.loop.history.first?.map(\.name) ?? [],
      history: pretrainer.loop.history.map { $0.map { $0.value.isFinite ? $0.value : nil } },
      warnings: pretrainer.warnings,
      seconds: measured.seconds, peakMiB: measured.peakMiB)
    try folder.finish("pretraining", outcome)
    return outcome
  }
}

extension FeatureLevel {
  /// How often the image was halved before this level of the default encoder.
  var halvings: Int {
    switch self {
    case .bottleneck: 4
    case .stage(let index): index
    }
  }
}
