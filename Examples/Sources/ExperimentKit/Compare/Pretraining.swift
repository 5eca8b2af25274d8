import Contrastive
import ExampleSupport
import Foundation
import NN
import PretrainKit
import QuickstartKit
package import RunKit
import Tensor

/// One pre-training: a method, all its numbers, the data, a seed. Fractions and protocols share it.
package struct PretrainingRun: ExperimentRun {
  package static let kind = "pretraining"

  /// The method as `pretrain --list` names it.
  package let method: String
  /// All its numbers, as it trained this encoder.
  package let settings: JSONTree
  package let data: DataIdentity
  /// Images beside those of the data set's training side; `nil` for none.
  package let unlabelled: [UnlabelledIdentity]?
  /// How many of all images it sees, drawn by the seed; `nil` for all.
  package let imageCount: Int?
  /// How their intensities were changed, and after which set; `nil` for not at all, and for a change that asks for no other set.
  package let intensities: IntensityMatching?
  package let matchedTo: DataIdentity?
  /// Channels of the encoder's first level.
  package let width: Int
  package let seed: UInt64

  /// What a pre-training gave, beside the encoder's file.
  package struct Result: Codable, Sendable {
    /// Slices that it saw.
    package let images: Int
    package let steps: Int
    /// The mean of each reported term over the first and over the last tenth of the steps; null where it is undefined.
    package let first: [String: Double?]
    package let last: [String: Double?]
    /// Steps with a warning of each kind.
    package let warnings: [String: Int]
    /// The spread of the encoder's deepest features over validation slices: 0 where all look alike to it.
    package let spread: Double
  }
}

/// Trains encoders, once for each run.
struct PretrainingStage {
  let width: Int
  /// The side of views.
  let viewSize: Int
  let folder: ExperimentFolder
  let rows: RowStore

  /// A run that is ready to start.
  struct Prepared {
    let run: PretrainingRun
    /// Images that pass in all.
    let cost: Double
    /// Trains, with a report of each step, and gives the result; the encoder lies in its file afterwards.
    let train: ((TrainingProgress) -> TrainingControl) throws -> PretrainingRun.Result

    var job: WorkProgress.Job { WorkProgress.Job("pre-training of \(run.method)", images: cost) }
  }

  /// The run of a method with a seed.
  ///
  /// - Throws: ``ExampleFailure``: settings that the method does not take (65).
  func prepare(
    _ choice: MethodChoice, steps: Int?, data: ExperimentData, target: ExperimentData, seed: UInt64
  ) throws -> Prepared {
    // A set has its own histogram already.
    let isOwn = choice.intensities == .histogram && data.identity == target.identity
    let matching = choice.intensities.flatMap { $0 == .asRead || isOwn ? nil : $0 }
    // Too many are refused before anything is trained; all of them are the run without a number.
    let all = data.pretrainingImages().count
    if let count = choice.imageCount { _ = try data.pretrainingImages(count: count, seed: seed) }
    let imageCount = choice.imageCount.flatMap { $0 == all ? nil : $0 }
    func open<Method: PublishedMethod>(_ type: Method.Type) throws -> Prepared {
      var method = Method.small
      do {
        method = try method.withViews(ofSize: viewSize)
        if let settings = choice.settings {
          method = try method.replacingSettings(from: CanonicalJSON.data(of: settings))
        }
        method.recipe.seed = seed
        if let steps, method.recipe.steps > 0 { method.recipe.steps = steps }
        method = try method.fitted(to: EncoderBlueprint.unet(width: width).encoderDescription)
      } catch let error as PretrainingError {
        throw ExampleFailure(.data, "compare.methods '\(choice.name)': \(error)")
      }
      let run = PretrainingRun(
        method: Method.name,
        settings: try method.settingsTree(),
        data: data.identity,
        // What sees no image does not go by them.
        unlabelled: data.unlabelled.isEmpty || method.recipe.steps == 0
          ? nil : data.unlabelled.map(\.identity),
        imageCount: method.recipe.steps == 0 ? nil : imageCount,
        intensities: method.recipe.steps == 0 ? nil : matching,
        matchedTo: matching == .histogram && method.recipe.steps > 0 ? target.identity : nil, width: width,
        seed: seed)
      let fitted = method
      return Prepared(
        run: run, cost: Double(method.recipe.steps * method.recipe.batchSize * method.recipe.accumulation)
      ) { report in
        try train(fitted, run, data, target: target, report)
      }
    }
    return try open(MethodRegistry.method(named: choice.type))
  }

  /// The row of a pre-training, which is done now unless its row is kept.
  func row(
    of item: Prepared, _ name: String, _ work: WorkProgress
  ) throws -> ExperimentRow<PretrainingRun> {
    try work.row(of: item.run, in: rows, name, item.job, making: item.train)
  }

  /// The weights of a pre-training whose row is kept. Where their files are not, as where rows alone were copied, it is
  /// trained again; on the same kind of processor to the same bits.
  func weights(of item: Prepared, _ name: String, _ work: WorkProgress) throws -> PretrainedWeights {
    let weights = try weights(of: item.run)
    if !weights.areThere {
      work.add(item.job)
      _ = try work.run("\(name), for its weights", item.job, item.train)
    }
    return weights
  }

  private func weights(of run: PretrainingRun) throws -> PretrainedWeights {
    try PretrainedWeights(CanonicalJSON.digest(of: run), in: folder)
  }

  private func train<Method: PublishedMethod>(
    _ method: Method, _ run: PretrainingRun, _ data: ExperimentData, target: ExperimentData,
    _ report: (TrainingProgress) -> TrainingControl
  ) throws -> PretrainingRun.Result {
    let task = try PretrainingTask(method, encoder: .unet(width: width))
    var images = try data.pretrainingImages(count: run.imageCount, seed: run.seed)
    if let matching = run.intensities {
      let match = IntensityMatch(matching, from: images, to: target.pretrainingImages())
      images = images.map { match($0) }
    }
    if (method as? SuperCL)?.pseudoMasks == .given { images = data.addingTrueMasks(to: images) }
    let side = try method.largestViewSide()
    images = images.map { $0.padded(to: side) }
    let policy = CheckpointPolicy(
      folder.stateFile("\(try CanonicalJSON.digest(of: run)).pretraining"), everySteps: 50)
    // A method of no steps reads no image.
    let loop = try TrainingLoop(task, on: ArrayDataset(images))
    if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
    if try loop.run(checkpoint: policy, progress: report) == .stopped { throw Interruption() }
    try weights(of: run).save(
      encoder: task.encoder, decoder: (task.learner as? SuperCLNetwork<Float>)?.decoder)
    let log = try TrainingLog.entries(of: policy.logURL)
    let looked = data.patients(of: .validation).flatMap(\.images).prefix(64)
    let spread = embeddingSpread(try task.encoder.pooledFeatures(of: looked.map { PretrainingImage($0) }))
    let tenth = max(1, log.count / 10)
    let result = PretrainingRun.Result(
      images: images.count, steps: method.recipe.steps, first: Self.means(log.prefix(tenth)),
      last: Self.means(log.suffix(tenth)),
      warnings: Dictionary(
        log.flatMap { Set($0.warnings.map(\.kind)) }.map { ($0, 1) }, uniquingKeysWith: +),
      spread: spread)
    for file in [policy.url, policy.logURL] { try? FileManager.default.removeItem(at: file) }
    return result
  }

  private static func means(_ entries: ArraySlice<TrainingLog.Entry>) -> [String: Double?] {
    var values: [String: [Double]] = [:]
    for term in entries.flatMap(\.terms) { values[term.name, default: []].append(term.value) }
    return values.mapValues { all in
      let finite = all.filter(\.isFinite)
      return finite.isEmpty ? nil : finite.reduce(0, +) / Double(finite.count)
    }
  }
}
