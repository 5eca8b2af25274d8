import Contrastive
import ExampleSupport
import Foundation
import NN
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
    let trainer = try trainer(run)
    let checkpoint = folder.stateFile("\(run.name).checkpoint")
    if FileManager.default.fileExists(atPath: checkpoint.path) { try trainer.loop.resume(from: checkpoint) }
    let slices = data.split.labelledSlices(fraction: run.fraction, seed: run.seed)
    let images = slices.map { index -> LabeledImage<Float> in
      let (image, classes) = data.slice(index)
      return LabeledImage(image: image, labels: classes)
    }
    let validator = Evaluator(data: data)
    // Scores along the way are kept beside the checkpoint, so that a resumed run has them too.
    var curve = folder.finished("\(run.name).curve", as: Curve.self) ?? Curve()
    curve.drop(after: trainer.loop.step)
    let report = progress.reporter(run.name)
    let interval = max(1, candidate.steps / 5)
    let measured = try Measurement.of {
      try trainer.train(on: images, checkpoint: CheckpointPolicy(checkpoint, everySteps: interval)) { step in
        if step.step % interval == 0 || step.step == step.totalSteps {
          curve.add(step.step, try validator.meanDice(trainer.network, .validation))
          try folder.finish("\(run.name).curve", curve)
        }
        return report(step)
      } augment: {
        let (image, maps) = settings.augmentation($0.image, maps: [$0.labels], using: &$1)
        return LabeledImage(image: image, labels: maps[0])
      }
    }
    guard trainer.loop.step == candidate.steps else { throw Interruption() }
    let outcome = Outcome(
      slices: slices, losses: trainer.loop.history.map { $0[0].value }, validationSteps: curve.steps,
      validationDice: curve.dice, test: try validator.scores(trainer.network, .test),
      seconds: measured.seconds, peakMiB: measured.peakMiB)
    try trainer.network.save(to: folder.stateFile("\(run.name).safetensors"))
    try folder.finish(run.name, outcome)
    try? FileManager.default.removeItem(at: checkpoint)
    return outcome
  }

  /// The trained network of a finished run.
  func network(of run: Run) throws -> UNet<Float> {
    let network = newNetwork(seed: run.seed)
    try network.load(from: folder.stateFile("\(run.name).safetensors"))
    return network
  }

  private func newNetwork(seed: UInt64) -> UNet<Float> {
    var generator = PhiloxGenerator(seed: seed, stream: 4)
    return UNet<Float>(
      UNetConfiguration(width: settings.width), classCount: data.classNames.count, using: &generator)
  }

  private func trainer(_ run: Run) throws -> SegmentationTrainer<Float, Planar> {
    let network = newNetwork(seed: run.seed)
    if run.method == .supercl {
      try network.encoder.load(Safetensors(contentsOf: folder.file("encoder.safetensors")).section("encoder"))
    }
    let candidate = settings.candidates[run.candidate]
    return SegmentationTrainer(
      network,
      training: SegmentationTraining(
        steps: candidate.steps, batchSize: settings.fineTuningBatch, learningRate: candidate.learningRate,
        floor: .reached(candidate.learningRate / 100), seed: run.seed),
      loss: CombinedLoss<Float>([(settings.crossEntropyWeight, CrossEntropyLoss()), (1, DiceLoss())]))
  }

  /// Validation scores along a training.
  private struct Curve: Codable {
    var steps: [Int] = []
    var dice: [Double] = []

    mutating func add(_ step: Int, _ value: Double) {
      steps.append(step)
      dice.append(value)
    }

    mutating func drop(after step: Int) {
      let kept = steps.count { $0 <= step }
      steps.removeLast(steps.count - kept)
      dice.removeLast(dice.count - kept)
    }
  }
}
