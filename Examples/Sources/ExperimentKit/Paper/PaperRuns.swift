import Contrastive
import ExampleSupport
import Foundation
import MedIO
import Metrics
import NN
package import RunKit
import Tensor

/// SuperCL as released, on one of the paper's sets without labels.
package struct PaperPretrainingRun: ExperimentRun {
  package static let kind = "paper-pretraining"

  package let set: String
  /// Names and lengths of the files.
  package let files: [String]
  /// All numbers of the method, epochs as steps.
  package let settings: JSONTree
  package let width: Int
  package let seed: UInt64

  package struct Result: Codable, Sendable {
    package let images: Int
    package let steps: Int
    /// Mean loss over the last tenth of the steps.
    package let loss: Double?
    /// Steps with a warning of each kind.
    package let warnings: [String: Int]
  }
}

/// A fine-tuning by the paper's protocol, and its scores on the paper's test patients.
package struct PaperTuningRun: ExperimentRun {
  package static let kind = "paper-fine-tuning"

  package let set: String
  package let files: [String]
  /// `nil` for Scratch.
  package let pretraining: PaperPretrainingRun?
  /// Per cent of the patients that carry labels: the paper's lists.
  package let labelledPercent: Int
  package let patients: [Int]
  package let testPatients: [Int]
  package let width: Int
  package let patchSize: Int
  package let steps: Int
  package let batchSize: Int
  package let seed: UInt64

  package struct Result: Codable, Sendable {
    /// Of each class that occurs, from counts pooled over all test slices.
    package let diceByClass: [Double?]
    /// Their mean, and that of the Jaccard index.
    package let dice: Double
    package let jaccard: Double
    /// Means over slices and classes, in pixels, missing slices as 0, as in the paper.
    package let hausdorffPixels: Double
    package let distancePixels: Double
    package let trainingSlices: Int
    package let testSlices: Int
  }
}

/// Both kinds of training, on slices that are prepared once and kept in the output folder.
struct PaperTraining {
  let set: PaperSet
  let settings: PaperSettings
  let volumes: VolumeDataset
  let folder: ExperimentFolder

  var patchSize: Int { settings.patchSize ?? set.dataset.patchSize }

  /// Names and lengths: sets are too large to be read whole for a hash.
  var files: [String] {
    volumes.cases.flatMap { $0.images + [$0.labels].compactMap(\.self) }.map { url in
      let length = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.size] as? Int ?? 0
      return "\(url.lastPathComponent): \(length) bytes"
    }
  }

  func slices(_ volumes: VolumeDataset, progress: RunProgress) throws -> SliceDataset {
    do {
      // Volume by volume, so that the run can be stopped between two.
      for index in volumes.cases.indices {
        try progress.checkInterruption()
        let one = volumes.filtered { $0.identifier == volumes.cases[index].identifier }
        _ = try SliceDataset(one, cachedIn: folder.stateFile("paper-\(set.rawValue)"))
      }
      return try SliceDataset(volumes, cachedIn: folder.stateFile("paper-\(set.rawValue)"))
    } catch let error as MedIOError {
      throw ExampleFailure(error)
    }
  }

  func steps(images: Int, batch: Int) -> Int {
    let steps = max(1, settings.epochs * ((images + batch - 1) / batch))
    return min(steps, settings.maximumSteps ?? steps)
  }

  /// SuperCL with everything that the released code does on this set, batch norm over two processors excepted.
  func method(images: Int, seed: UInt64) -> SuperCL {
    var method = set == .brats ? SuperCL.brats : .asReleased
    method.patchSize = PatchSize(patchSize)
    method.recipe.batchSize = min(set.batchSize, max(2, images))
    // The rest of an epoch is dropped.
    let steps = max(1, settings.epochs * (images / method.recipe.batchSize))
    method.recipe.steps = min(steps, settings.maximumSteps ?? steps)
    method.recipe.seed = seed
    return method
  }

  func pretrain(
    _ run: PaperPretrainingRun, on slices: SliceDataset, _ report: (TrainingProgress) -> TrainingControl
  ) throws -> PaperPretrainingRun.Result {
    let method = try SuperCL.small.replacingSettings(from: CanonicalJSON.data(of: run.settings))
    let blueprint = EncoderBlueprint.unet(inputChannels: set.channels, width: run.width)
    let task = try PretrainingTask(method, encoder: blueprint)
    let images = slices.mapped {
      PretrainingImage($0.image, position: $0.position.fraction, volume: $0.position.volume)
    }
    let policy = CheckpointPolicy(
      folder.stateFile("\(try CanonicalJSON.digest(of: run)).pretraining"), everySteps: 200)
    let loop = try TrainingLoop(task, on: images)
    if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
    if try loop.run(checkpoint: policy, progress: report) == .stopped { throw Interruption() }
    try task.encoder.save(to: folder.encoderFile(CanonicalJSON.digest(of: run)))
    let log = try TrainingLog.entries(of: policy.logURL)
    let tail = log.suffix(max(1, log.count / 10)).compactMap { $0.terms.first?.value }.filter(\.isFinite)
    let result = PaperPretrainingRun.Result(
      images: slices.count, steps: method.recipe.steps, loss: tail.isEmpty ? nil : tail.mean,
      warnings: Dictionary(
        log.flatMap { Set($0.warnings.map(\.kind)) }.map { ($0, 1) }, uniquingKeysWith: +))
    for file in [policy.url, policy.logURL] { try? FileManager.default.removeItem(at: file) }
    return result
  }

  func tune(
    _ run: PaperTuningRun, on training: SliceDataset, scoredOn test: SliceDataset,
    _ report: (TrainingProgress) -> TrainingControl
  ) throws -> PaperTuningRun.Result {
    let classes = set.dataset.labelMapping.classCount
    // An encoder of four channels sees a gray image four times; how the paper goes from four to one was not read.
    let channels = run.pretraining.flatMap { PaperSet(rawValue: $0.set)?.channels } ?? 1
    var generator = RandomKey(seed: run.seed).stream(for: .weights).generator
    let network = UNet<Float>(
      UNetConfiguration(inputChannels: channels, width: run.width), classCount: classes, using: &generator)
    if let pretraining = run.pretraining {
      try network.encoder.load(from: folder.encoderFile(CanonicalJSON.digest(of: pretraining)))
    }
    let size = [run.patchSize, run.patchSize]
    let augmentation = VariedAugmentation.asReleased
    let task = SegmentationTask(
      network, classCount: classes,
      recipe: TrainingRecipe(steps: run.steps, batchSize: run.batchSize, seed: run.seed),
      loss: CombinedLoss([(1, CrossEntropyLoss())]),
      augmentation: NamedAugmentation("patch \(size), \(augmentation)") { image, generator in
        let cut = PatchSampling.random(
          image.image, maps: [image.labels], to: size, padding: .centered, using: &generator)
        return augmentation(LabeledImage(image: cut.image, labels: cut.maps[0]), using: &generator)
      })
    // Slices as the network takes them, at least as large as the patch; the patch is cut anew in each step.
    let examples = training.mapped { sample in
      let sides = zip(sample.image.shape.dimensions, size).map { max($1, ($0 + 15) / 16 * 16) }
      let labels = sample.labels ?? Tensor(zeros: sample.image.shape.removing(axis: -1))
      let whole = PatchSampling.centered(sample.image, maps: [labels], to: sides)
      return LabeledImage(image: Self.repeated(whole.image, channels), labels: whole.maps[0])
    }
    let policy = CheckpointPolicy(
      folder.stateFile("\(try CanonicalJSON.digest(of: run)).tuning"), everySteps: 200)
    let loop = try TrainingLoop(task, on: examples)
    if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
    if try loop.run(checkpoint: policy, progress: report) == .stopped { throw Interruption() }
    let result = try score(network, test, size: size, channels: channels, trainingSlices: training.count)
    for file in [policy.url, policy.logURL] { try? FileManager.default.removeItem(at: file) }
    return result
  }

  private func score(
    _ network: UNet<Float>, _ test: SliceDataset, size: [Int], channels: Int, trainingSlices: Int
  ) throws -> PaperTuningRun.Result {
    var (predictions, references): ([LabelMap], [LabelMap]) = ([], [])
    for index in 0..<test.count {
      let sample = try test.element(at: index)
      let cut = PatchSampling.centered(
        sample.image, maps: [sample.labels ?? Tensor(zeros: sample.image.shape.removing(axis: -1))], to: size)
      let image = Self.repeated(cut.image, channels)
      predictions.append(LabelMap(try network.predictedLabels(image.expanded(at: 0))[0]))
      references.append(LabelMap(cut.maps[0]))
    }
    let classes = (1..<network.classCount).map { SegmentationClass(label: Int32($0)) }
    let found = PaperProtocol(classes: classes).evaluate(predictions: predictions, references: references)
    return PaperTuningRun.Result(
      diceByClass: found.classes.map { $0.dice.value }, dice: found.meanDice.value ?? 0,
      jaccard: found.meanJaccard.value ?? 0,
      hausdorffPixels: found.meanHausdorffDistanceInPixels.value ?? 0,
      distancePixels: found.meanAverageSurfaceDistanceInPixels.value ?? 0, trainingSlices: trainingSlices,
      testSlices: test.count)
  }

  private static func repeated(_ image: Tensor<Float>, _ channels: Int) -> Tensor<Float> {
    image.shape[-1] == channels
      ? image : Tensor(concatenating: [Tensor<Float>](repeating: image, count: channels), along: -1)
  }
}
