import Contrastive
import Foundation
import NN
import RunKit
import Superpixel
import Tensor

/// Pre-training with SuperCL on the training slices, once for each seed.
///
/// A seed's fine-tunings begin from that seed's encoder: the pairs of a comparison then differ in everything that chance
/// decides, and share nothing but the data.
package struct PretrainingStage: Sendable {
  package let data: SliceData
  package let settings: Settings

  package init(data: SliceData, settings: Settings) {
    self.data = data
    self.settings = settings
  }

  /// What a pre-training found and chose.
  struct Outcome: Codable, Sendable {
    let seed: UInt64
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

    /// What went wrong, a sentence each.
    var sentences: [String] {
      warnings.sorted { $0.key < $1.key }.map { warning, count in
        "pre-training with seed \(seed), \(count) of \(history.count) steps: \(warning)"
      }
    }

    /// A term along the steps; `nil` without one of this name.
    func values(of term: String) -> [Double]? {
      guard let index = termNames.firstIndex(of: term), !history.isEmpty else { return nil }
      return history.map { $0[index] ?? .nan }
    }
  }

  /// SuperCL with the level that ILCP reads and the number of superpixels that go with the patch.
  func method(seed: UInt64) throws -> SuperCL {
    var method = SuperCL(
      patchSize: data.patch, steps: settings.pretrainingSteps, batchSize: settings.pretrainingBatch,
      seed: seed)
    method.pixelsPerSuperpixel = settings.pixelsPerSegment
    method.learningRate = settings.pretrainingRate
    return try method.fitted(to: UNetConfiguration(width: settings.width).encoderDescription())
  }

  /// The name of the file that a seed's encoder is written to.
  static func encoderFile(seed: UInt64) -> String { "encoder_seed\(seed).safetensors" }

  /// Trains with a seed, or goes on from the folder's state, and writes the encoder.
  func run(seed: UInt64, in folder: OutputFolder, progress: RunProgress) throws -> Outcome {
    let name = "pretraining-seed\(seed)"
    let encoderFile = folder.file(Self.encoderFile(seed: seed))
    if let finished = folder.finished(name, as: Outcome.self),
      FileManager.default.fileExists(atPath: encoderFile.path)
    {
      return finished
    }
    let method = try method(seed: seed)
    let task = try PretrainingTask(method, encoder: .unet(width: settings.width))
    let images = data.pretrainingImages()
    let loop = try TrainingLoop(task, on: images)
    let policy = CheckpointPolicy(folder.stateFile("\(name).checkpoint"), everySteps: 50)
    if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
    let measured = try Measurement.of {
      try loop.run(checkpoint: policy, progress: progress.reporter("SuperCL, seed \(seed)"))
    }
    guard loop.step == method.recipe.steps else { throw Interruption() }
    try task.encoder.save(to: encoderFile)
    let log = try TrainingLog.entries(of: policy.logURL)
    let side = data.patch >> method.intraLevel.halvings
    let outcome = Outcome(
      seed: seed, level: "\(method.intraLevel)", segmentCount: method.segmentCount,
      pixelsPerSegment: Double(side * side) / Double(method.segmentCount), imageCount: images.count,
      termNames: log.first?.terms.map(\.name) ?? [],
      history: log.map { $0.terms.map { $0.value.isFinite ? $0.value : nil } }, warnings: log.warnings,
      seconds: measured.seconds, peakMiB: measured.peakMiB)
    try folder.finish(name, outcome)
    for file in [policy.url, policy.logURL] { try? FileManager.default.removeItem(at: file) }
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
    case .stage(let index), .decoder(let index): index
    }
  }
}
