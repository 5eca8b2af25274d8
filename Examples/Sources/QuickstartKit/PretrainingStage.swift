package import Contrastive
import Foundation
import NN
import RunKit
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
        cosines: history.map { $0[index] }, temperature: SuperCL().temperature)
    }

    /// Warns of what went wrong in pre-training.
    func say(to progress: RunProgress) {
      for (warning, count) in warnings.sorted(by: { $0.key < $1.key }) {
        progress.warn("pre-training, \(count) of \(history.count) steps: \(warning)")
      }
      if let spread, spread.isNarrow { progress.warn(spread.sentence) }
    }
  }

  /// The training slices without their labels. Nothing of validation or test is read.
  package func images() -> [PretrainingImage] {
    let training = data.split.slices(of: .train)
    return training.map { index in
      PretrainingImage(
        data.workingImage(index),
        position: InstancePositives.position(slice: index, of: data.intensities.shape[0]))
    }
  }

  /// SuperCL with the level that ILCP reads and the number of superpixels that go with the patch.
  func method() throws -> SuperCL {
    var method = SuperCL(
      patchSize: data.patch, steps: settings.pretrainingSteps, batchSize: settings.pretrainingBatch)
    method.pixelsPerSuperpixel = settings.pixelsPerSegment
    method.learningRate = settings.pretrainingRate
    return try method.fitted(to: UNetConfiguration(width: settings.width).encoderDescription())
  }

  /// Trains, or goes on from the folder's state, and writes `encoder.safetensors`.
  func run(in folder: OutputFolder, progress: RunProgress) throws -> Outcome {
    let encoderFile = folder.file("encoder.safetensors")
    if let finished = folder.finished("pretraining", as: Outcome.self),
      FileManager.default.fileExists(atPath: encoderFile.path)
    {
      return finished
    }
    let method = try method()
    let task = try PretrainingTask(method, encoder: .unet(width: settings.width))
    let images = images()
    let loop = try TrainingLoop(task, on: images)
    let policy = CheckpointPolicy(folder.stateFile("pretraining.checkpoint"), everySteps: 50)
    if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
    let measured = try Measurement.of {
      try loop.run(checkpoint: policy, progress: progress.reporter("SuperCL"))
    }
    guard loop.step == method.recipe.steps else { throw Interruption() }
    try task.learner.save(to: encoderFile)
    let log = try TrainingLog.entries(of: policy.logURL)
    let side = data.patch >> method.intraLevel.halvings
    let outcome = Outcome(
      level: "\(method.intraLevel)", segmentCount: method.segmentCount,
      pixelsPerSegment: Double(side * side) / Double(method.segmentCount), imageCount: images.count,
      termNames: log.first?.terms.map(\.name) ?? [],
      history: log.map { $0.terms.map { $0.value.isFinite ? $0.value : nil } }, warnings: log.warnings,
      seconds: measured.seconds, peakMiB: measured.peakMiB)
    try folder.finish("pretraining", outcome)
    return outcome
  }
}

extension SuperCL {
  /// The number of superpixels asked for.
  var segmentCount: Int { if case .fixed(let count) = slic.segmentCount { count } else { 0 } }
}

extension [TrainingLog.Entry] {
  /// The first sentence of each kind of warning, and how many steps had one.
  var warnings: [String: Int] {
    var sentences: [String: (first: String, count: Int)] = [:]
    for warning in flatMap(\.warnings) { sentences[warning.kind, default: (warning.message, 0)].count += 1 }
    return [String: Int](uniqueKeysWithValues: sentences.values.map { ($0.first, $0.count) })
  }
}

extension FeatureLevel {
  /// How often the image was halved before this level of the default encoder.
  var halvings: Int {
    switch self {
    case .bottleneck, .automatic: 4
    case .stage(let index): index
    }
  }
}
