import Contrastive
import Foundation
import NN
package import QuickstartKit
import RunKit
import Tensor

/// One fine-tuning: an encoder, the labelled patients, a schedule, a length.
package struct FineTuningRun: ExperimentRun {
  package static let kind = "fine-tuning"

  /// Where the encoder comes from; no pre-training for random weights.
  package let pretraining: PretrainingRun
  /// What is segmented, where it is not what pre-training saw.
  package let data: DataIdentity?
  package let fraction: Double
  package let seed: UInt64
  /// Patients that carry labels.
  package let labelled: [String]
  /// The protocol with its one schedule and its one length.
  package let training: FineTuningProtocol
  /// The side that is scored along the way: validation while a schedule is searched, test afterwards.
  package let scored: SlabSplit.Part
  /// Points of the curve beside its beginning.
  package let curvePoints: Int

  package struct Result: Codable, Sendable {
    /// Dice of the scored side against steps, from before the first.
    package let curve: LearningCurve
    /// At the end, patient by patient.
    package let patients: [PatientCounts]
    /// The mean loss of the last tenth of the steps.
    package let loss: Double
  }
}

/// Trains U-Nets on labelled patients.
struct FineTuningStage {
  let data: ExperimentData
  let folder: ExperimentFolder

  /// Trains and scores, or goes on from a checkpoint.
  ///
  /// - Parameter weights: What to begin with; `nil` for random weights.
  /// - Throws: ``Interruption``; what training throws.
  func result(
    of run: FineTuningRun, weights: PretrainedWeights?, report: (TrainingProgress) -> TrainingControl
  ) throws -> FineTuningRun.Result {
    let network = try Self.network(
      width: run.pretraining.width, classCount: data.classNames.count, seed: run.seed, weights: weights)
    let scored = data.patients(of: run.scored)
    func dice() throws -> Double { PatientCounts.pooledDice(try counts(network, scored)) }
    // The network as it is now, whatever a checkpoint puts in its place.
    let atFirst = try dice()
    let names = Set(run.labelled)
    let images = data.labeledImages(data.patients.filter { names.contains($0.identifier) })
    let steps = run.training.budgets[0]
    let loop = try TrainingLoop(task(network, run, steps: steps), on: images)
    let interval = max(1, steps / run.curvePoints)
    let policy = CheckpointPolicy(
      folder.stateFile("\(try CanonicalJSON.digest(of: run)).tuning"), everySteps: max(interval, 50))
    if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
    let validation = Validation(everySteps: interval, better: .higher) { try dice() }
    if try loop.run(checkpoint: policy, validation: validation, progress: report) == .stopped {
      throw Interruption()
    }
    let log = try TrainingLog.entries(of: policy.logURL)
    let points = [(0, atFirst)] + log.compactMap { entry in entry.score.map { (entry.step, $0) } }
    let tail = log.suffix(max(1, log.count / 10)).compactMap { $0.terms.first?.value }
    let result = FineTuningRun.Result(
      curve: LearningCurve(steps: points.map(\.0), scores: points.map(\.1)),
      patients: try counts(network, scored), loss: tail.reduce(0, +) / Double(max(tail.count, 1)))
    for file in [policy.url, policy.logURL] { try? FileManager.default.removeItem(at: file) }
    return result
  }

  /// A U-Net at the first weights of a seed, with what was pre-trained in their place.
  static func network(width: Int, classCount: Int, seed: UInt64, weights: PretrainedWeights?) throws -> UNet<
    Float
  > {
    var generator = RandomKey(seed: seed).stream(for: .weights).generator
    let network = UNet<Float>(UNetConfiguration(width: width), classCount: classCount, using: &generator)
    try weights?.load(into: network)
    return network
  }

  /// What a network finds in patients.
  private func counts(_ network: UNet<Float>, _ patients: [Patient]) throws -> [PatientCounts] {
    try patients.map { patient in
      PatientCounts(
        patient: patient.identifier,
        prediction: try network.predictedLabels(Tensor(stacking: patient.images)),
        reference: Tensor(stacking: patient.labels), classCount: data.classNames.count)
    }
  }

  private func task(_ network: UNet<Float>, _ run: FineTuningRun, steps: Int) -> SegmentationTask {
    let (training, schedule) = (run.training, run.training.schedules[0])
    return SegmentationTask(
      network, classCount: data.classNames.count,
      recipe: TrainingRecipe(steps: steps, batchSize: training.batchSize, seed: run.seed),
      loss: training.loss, augmentation: training.augmentation.value,
      optimizer: OptimizerSettings(
        .adam(), rate: .flooredCosine(start: schedule.rate, floor: schedule.floor, steps: steps),
        weightDecay: training.weightDecay))
  }
}
