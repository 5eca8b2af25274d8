import Contrastive
import ExampleSupport
import Foundation
import NN
import RunKit
import Tensor

/// Training of the U-Net with few labels, from random or from pre-trained weights.
struct FineTuningStage {
  let data: SliceData
  let settings: Settings
  let folder: OutputFolder
  let progress: RunProgress

  /// One training: which weights, how many labels, which draw, which schedule.
  struct Run: Hashable, Sendable {
    let method: Method
    let fraction: Double
    let seed: UInt64
    let candidate: Int

    var name: String {
      "\(method.rawValue)-\(Int((fraction * 100).rounded()))%-seed\(seed)-schedule\(candidate + 1)"
    }
  }

  /// What a training gave.
  struct Outcome: Codable, Sendable {
    /// The labelled slices, in the volume's numbering.
    let slices: [Int]
    /// The loss of each step.
    let losses: [Double]
    /// Mean Dice of the validation part, and the steps at which it was measured.
    let validationSteps: [Int]
    let validationDice: [Double]
    /// Scores of the test part.
    let test: PartScores
    let seconds: Double
    let peakMiB: Double
    /// Dice on validation at the end.
    var finalValidationDice: Double { validationDice.last ?? 0 }
  }

  /// Trains and scores, or returns what an earlier run finished.
  func outcome(of run: Run) throws -> Outcome {
    if let finished = folder.finished(run.name, as: Outcome.self) { return finished }
    let candidate = settings.candidates[run.candidate]
    let network = try firstNetwork(of: run)
    let slices = data.split.labelledSlices(fraction: run.fraction, seed: run.seed)
    let loop = try TrainingLoop(task(network, run), on: data.labeledImages(slices))
    let interval = max(1, candidate.steps / 5)
    let policy = CheckpointPolicy(folder.stateFile("\(run.name).checkpoint"), everySteps: interval)
    if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
    let evaluator = Evaluator(data: data)
    let validation = Validation(everySteps: interval, better: .higher) {
      try evaluator.meanDice(network, .validation)
    }
    let measured = try Measurement.of {
      try loop.run(checkpoint: policy, validation: validation, progress: progress.reporter(run.name))
    }
    guard loop.step == candidate.steps else { throw Interruption() }
    let log = try TrainingLog.entries(of: policy.logURL)
    let scored = log.compactMap { entry in entry.score.map { (step: entry.step, dice: $0) } }
    let outcome = Outcome(
      slices: slices, losses: log.map { $0.terms[0].value }, validationSteps: scored.map(\.step),
      validationDice: scored.map(\.dice), test: try evaluator.scores(network, .test),
      seconds: measured.seconds, peakMiB: measured.peakMiB)
    try network.save(to: folder.stateFile("\(run.name).safetensors"))
    try folder.finish(run.name, outcome)
    for file in [policy.url, policy.logURL] { try? FileManager.default.removeItem(at: file) }
    return outcome
  }

  /// The trained network of a finished run.
  func network(of run: Run) throws -> UNet<Float> {
    let network = newNetwork(seed: run.seed)
    try network.load(from: folder.stateFile("\(run.name).safetensors"))
    return network
  }

  private func newNetwork(seed: UInt64) -> UNet<Float> {
    var generator = RandomKey(seed: seed).stream(for: .weights).generator
    return UNet<Float>(
      UNetConfiguration(width: settings.width), classCount: data.classNames.count, using: &generator)
  }

  /// What a run begins with: random weights, or the encoder that was pre-trained with the same seed.
  private func firstNetwork(of run: Run) throws -> UNet<Float> {
    let network = newNetwork(seed: run.seed)
    if run.method == .supercl {
      try network.encoder.load(from: folder.file(PretrainingStage.encoderFile(seed: run.seed)))
    }
    return network
  }

  private func task(_ network: UNet<Float>, _ run: Run) -> SegmentationTask {
    let candidate = settings.candidates[run.candidate]
    let rate = Schedule.cosine(
      start: candidate.learningRate, end: candidate.learningRate / 100, steps: candidate.steps)
    return SegmentationTask(
      network, classCount: data.classNames.count,
      recipe: TrainingRecipe(steps: candidate.steps, batchSize: settings.fineTuningBatch, seed: run.seed),
      loss: CombinedLoss([(settings.crossEntropyWeight, CrossEntropyLoss()), (1, DiceLoss())]),
      augmentation: settings.augmentation,
      optimizer: OptimizerSettings(.adam(), rate: rate, weightDecay: 1e-5))
  }
}
