import Contrastive
import ExampleSupport
import Foundation
import NN
import QuickstartKit
import RunKit
import Tensor

/// Pre-trains, fine-tunes and scores one network on slices or on volumes.
struct VolumeTraining {
  let data: ExperimentData
  let run: VolumeRun
  let folder: ExperimentFolder

  private var own: VolumeSettings { run.settings }

  /// - Throws: ``Interruption``; what training throws.
  func result(report: (TrainingProgress) -> TrainingControl) throws -> VolumeRun.Result {
    switch run.dimension {
    case .planar: try result(as: Planar.self, report)
    case .volumetric: try result(as: Volumetric.self, report)
    }
  }

  private func result<Rank: SpatialRank>(
    as rank: Rank.Type, _ report: (TrainingProgress) -> TrainingControl
  ) throws -> VolumeRun.Result {
    let digest = try CanonicalJSON.digest(of: run)
    let policies = ["pretraining", "tuning"].map {
      CheckpointPolicy(folder.stateFile("\(digest).\($0)"), everySteps: 50)
    }
    var generator = RandomKey(seed: run.seed).stream(for: .weights).generator
    let network = UNetND<Float, Rank>(configuration, classCount: data.classNames.count, using: &generator)
    if let encoder = try pretrained(policies[0], report) { try network.encoder.load(encoder.state()) }
    try tune(network, policies[1], report)
    let patients = try data.patients(of: run.scored).map { patient in
      VolumeScores(
        patient, prediction: try prediction(of: patient, by: network), spacing: try spacing(of: patient),
        classCount: data.classNames.count, tolerance: own.tolerance)
    }
    for policy in policies {
      for file in [policy.url, policy.logURL] { try? FileManager.default.removeItem(at: file) }
    }
    return VolumeRun.Result(
      patients: patients, parameters: network.parameters.reduce(0) { $0 + $1.shape.elementCount })
  }

  /// Planes are pooled as long as there are two in a patch.
  private var configuration: UNetConfiguration {
    var configuration = UNetConfiguration(width: own.width)
    guard run.dimension == .volumetric else { return configuration }
    var planes = own.patch[0]
    configuration.poolings = (0..<configuration.stageCount).map { _ in
      defer { if planes > 1 { planes /= 2 } }
      return [planes > 1 ? 2 : 1, 2, 2]
    }
    return configuration
  }

  private func pretrained(
    _ policy: CheckpointPolicy, _ report: (TrainingProgress) -> TrainingControl
  ) throws -> (any FeatureEncoder<Float>)? {
    guard let settings = run.pretraining else { return nil }
    let method = try SuperCL.small.replacingSettings(from: CanonicalJSON.data(of: settings))
    let blueprint: EncoderBlueprint =
      run.dimension == .volumetric ? .unet3D(configuration) : .unet(configuration)
    let task = try PretrainingTask(method, encoder: blueprint)
    let images =
      run.dimension == .planar
      ? data.pretrainingImages()
      : try data.patients(of: .train).enumerated().map { index, patient in
        PretrainingImage(
          Tensor(stacking: patient.images), position: patient.positions.mean, volume: index,
          spacing: try spacing(of: patient))
      }
    try train(TrainingLoop(task, on: ArrayDataset(images)), policy, report)
    return task.encoder
  }

  private func tune(
    _ network: some Layer<Float>, _ policy: CheckpointPolicy, _ report: (TrainingProgress) -> TrainingControl
  ) throws {
    let training = own.protocols[0]
    let (steps, schedule) = (training.budgets[0], training.schedules[0])
    let names = Set(run.labelled)
    let patients = data.patients.filter { names.contains($0.identifier) }
    let isPlanar = run.dimension == .planar
    let images =
      isPlanar
      ? data.labeledImages(patients)
      : patients.map(padded)
    let task = SegmentationTask(
      network, classCount: data.classNames.count,
      recipe: TrainingRecipe(
        steps: steps, batchSize: isPlanar ? training.batchSize : own.tuningPatches, seed: run.seed),
      loss: training.loss,
      augmentation: isPlanar ? training.augmentation.value : patches(training.augmentation.value),
      optimizer: OptimizerSettings(
        .adam(), rate: .flooredCosine(start: schedule.rate, floor: schedule.floor, steps: steps),
        weightDecay: training.weightDecay))
    try train(TrainingLoop(task, on: images), policy, report)
  }

  /// A patient as one volume, with zeros around it to whole patches' depths: the network is asked about it before patches are cut.
  private func padded(_ patient: Patient) -> LabeledImage {
    let (image, labels) = (Tensor(stacking: patient.images), Tensor(stacking: patient.labels))
    let depth = (labels.shape[0] + own.patch[0] - 1) / own.patch[0] * own.patch[0]
    let sides = [depth] + labels.shape.dimensions.dropFirst().map { ($0 + 15) / 16 * 16 }
    let whole = PatchSampling.centered(image, maps: [labels], to: sides)
    return LabeledImage(image: whole.image, labels: whole.maps[0])
  }

  /// A patch of a volume at a random place, then the changes of slices in three axes.
  private func patches(_ changes: VariedAugmentation?) -> any LabeledImageAugmentation {
    let size = own.patch
    return NamedAugmentation("patch \(size), \(changes.map { "\($0)" } ?? "none")") { image, generator in
      let cut = PatchSampling.random(image.image, maps: [image.labels], to: size, using: &generator)
      let patch = LabeledImage(image: cut.image, labels: cut.maps[0])
      return changes?(patch, using: &generator) ?? patch
    }
  }

  private func train(
    _ loop: TrainingLoop<some TrainingTask>, _ policy: CheckpointPolicy,
    _ report: (TrainingProgress) -> TrainingControl
  ) throws {
    if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
    if try loop.run(checkpoint: policy, progress: report) == .stopped { throw Interruption() }
  }

  /// `[planes, height, width]`.
  private func prediction(of patient: Patient, by network: some Layer<Float>) throws -> Tensor<Int32> {
    let volume = Tensor(stacking: patient.images)
    guard run.dimension == .volumetric else { return try network.predictedLabels(volume) }
    return try SlidingWindowInference(windowSize: own.patch).labels(of: volume, by: network)
  }

  private func spacing(of patient: Patient) throws(ExampleFailure) -> VoxelSpacing {
    guard let spacing = patient.spacing else {
      throw ExampleFailure(.data, "\(patient.identifier): its voxel sizes are not known")
    }
    return spacing
  }
}
