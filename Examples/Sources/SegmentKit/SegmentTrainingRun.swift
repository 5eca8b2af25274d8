import Contrastive
import ExampleSupport
import Foundation
import MedIO
import NN
public import RunKit
import Tensor

/// `segment train`: scans, training, validation, model, report.
public struct SegmentTrainingRun {
  let request: SegmentRequest
  let progress: RunProgress
  private let mode: RunMode
  private static let checkpointName = "training.safetensors"

  public init(_ request: SegmentRequest, mode: RunMode = .fresh, progress: RunProgress) {
    (self.request, self.mode, self.progress) = (request, mode, progress)
  }

  /// Trains what is not done yet and writes `model.safetensors`, `report.html` and `report.json`.
  ///
  /// - Throws: ``Interruption`` when it was stopped, with a checkpoint to go on from; ``ExampleFailure``.
  public func run() throws {
    let settings = request.settings
    try settings.validate()
    try checkEncoder()
    progress.note("reading \(request.folder)")
    let scans = try TrainingScans(request, progress: progress)
    let folder = try OutputFolder(
      request.output, mode: mode, checkpoint: Self.checkpointName,
      results: ["model.safetensors", "report.html", "report.json"],
      fingerprint: RunFingerprint(lines: fingerprint(scans)))
    let (training, validation) = try prepared(scans, in: folder)
    let patches = try givingExitCodes { try PatchDataset(training, settings) }
    var notes = scans.notes + training.notes + validation.notes
    for index in patches.missingClasses(of: scans.description.classes.count) {
      notes.append(
        "no scan that trains has '\(scans.description.classes[Int(index)].name)': it cannot be learned")
    }
    for note in notes { progress.warn(note) }
    progress.note(counts(scans, training, validation))
    let (model, taken) = try newModel(scans.description)
    if !taken.isEmpty { progress.note("of the pre-trained decoder: \(taken.count) tensors") }
    let clock = ContinuousClock.now
    let policy = CheckpointPolicy(
      folder.stateFile(Self.checkpointName), everySteps: request.checkpointInterval)
    let best = folder.stateFile("best.safetensors")
    try givingExitCodes { try train(model, on: patches, validation, policy, best: best) }
    if FileManager.default.fileExists(atPath: best.path) {
      _ = try givingExitCodes { try model.network.load(from: best) }
    }
    try givingExitCodes { try model.write(to: folder.file("model.safetensors")) }
    var report = SegmentReport(request, model, training: training, validation: validation, notes: notes)
    report.add(try givingExitCodes { try TrainingLog.entries(of: policy.logURL) })
    report.scores = try scores(of: model, scans, validation)
    report.seconds = (ContinuousClock.now - clock) / .seconds(1)
    report.peakMiB = Double(ProcessMemory.peak) / 1_048_576
    try write(report, pictures: pictures(model, scans), to: folder)
  }

  // MARK: Scans

  /// The scans on the network's grid, dealt out.
  private func prepared(
    _ scans: TrainingScans, in folder: OutputFolder
  ) throws -> (training: PreparedScans, validation: PreparedScans) {
    func prepared(_ cases: [VolumeCase]) throws -> PreparedScans {
      try PreparedScans(
        cases, scans.description, scans.mapping, in: folder.stateFile("scans"), progress: progress)
    }
    let training = try prepared(scans.training)
    guard let length = request.settings.slabLength else { return (training, try prepared(scans.validation)) }
    let slabs = training.parts.flatMap { $0.slabs(length: length, dropped: request.settings.droppedPlanes) }
    let dealt = slabs.dealtOut(request.settings, request.labels)
    return (training.with(dealt.training), training.with(dealt.validation))
  }

  private func counts(
    _ scans: TrainingScans, _ training: PreparedScans, _ validation: PreparedScans
  ) -> String {
    let classes = "\(scans.description.classes.count - 1) classes"
    guard request.settings.slabLength == nil else {
      return "\(training.count) slabs train, \(validation.count) validate; \(classes)"
    }
    return "\(training.count) scans of \(scans.trainingPatients) patients train, "
      + "\(validation.count) of \(scans.validationPatients) validate; \(classes)"
  }

  /// - Throws: ``ExampleFailure``: scores of the network that are not finite (65); ``Interruption``.
  private func scores(
    of model: SegmentModel, _ scans: TrainingScans, _ validation: PreparedScans
  ) throws -> SegmentScores? {
    guard validation.count > 0 else { return nil }
    guard request.settings.slabLength != nil else {
      return try SegmentScores(model, scans.validation, scans.mapping, progress: progress)
    }
    do {
      return try SegmentScores(model, slabs: validation, progress: progress)
    } catch let error as InferenceError {
      if case .stopped = error.code { throw Interruption() }
      throw ExampleFailure(.data, "\(error)")
    }
  }

  // MARK: Training

  /// A model to begin with, and the decoder's tensors that it has of a pre-trained learner.
  private func newModel(_ description: ModelDescription) throws -> (model: SegmentModel, taken: [String]) {
    var generator = RandomKey(seed: request.settings.seed).stream(for: .weights).generator
    let model = SegmentModel(description, using: &generator)
    guard let encoder = request.encoder else { return (model, []) }
    return (model, try model.loadPretrained(from: InputFile(encoder).url))
  }

  /// Refuses an encoder of another network before a scan is read.
  private func checkEncoder() throws {
    guard request.encoder != nil else { return }
    let settings = request.settings
    _ = try newModel(
      ModelDescription(
        dimensions: settings.dimensions, widths: settings.widths,
        classes: [.init(name: "background", label: 0), .init(name: "any", label: 1)],
        orientation: settings.orientation, spacing: [nil, nil, nil], intensity: settings.intensity,
        window: settings.patch, overlap: settings.overlap, mirrors: settings.mirrors))
  }

  private func train(
    _ model: SegmentModel, on patches: PatchDataset, _ validation: PreparedScans, _ policy: CheckpointPolicy,
    best: URL
  ) throws {
    let settings = request.settings
    let spacing = model.description.spacing.compactMap(\.self)
    let rate = Schedule.flooredCosine(
      start: settings.learningRate, floor: settings.learningRate / 100, steps: settings.steps)
    let task = SegmentationTask(
      model.network, classCount: model.description.classes.count,
      recipe: TrainingRecipe(steps: settings.steps, batchSize: settings.batchSize, seed: settings.seed),
      loss: CombinedLoss([
        (settings.crossEntropyWeight, CrossEntropyLoss()), (settings.diceWeight, DiceLoss()),
      ]),
      augmentation: settings.augmentation.transform(spacing: spacing),
      optimizer: OptimizerSettings(.adam(), rate: rate, weightDecay: settings.weightDecay))
    let loop = try TrainingLoop(
      task, on: patches, sampler: SequentialSampler(count: patches.count), workers: request.workers)
    if mode == .resuming, FileManager.default.fileExists(atPath: policy.url.path) {
      try loop.resume(from: policy.url)
      progress.note("going on behind step \(loop.step) of \(settings.steps)")
    } else {
      try? FileManager.default.removeItem(at: best)
    }
    let dice = ValidationDice(scans: validation, model: model, progress: progress)
    let score =
      validation.count == 0
      ? nil
      : Validation(
        everySteps: settings.validationInterval, better: .higher, patience: settings.patience, best: best
      ) { try dice.mean() }
    if try loop.run(checkpoint: policy, validation: score, progress: progress.reporter("training"))
      == .stopped
    {
      progress.note("stopped behind step \(loop.step) of \(settings.steps)")
      throw Interruption()
    }
  }

  // MARK: Report

  /// Three planes of the first scan that validates; without one, of the first that trained.
  private func pictures(_ model: SegmentModel, _ scans: TrainingScans) throws -> SegmentPage.Pictures {
    let shown = scans.validation.first ?? scans.training[0]
    let options = model.description.readOptions
    let image = try givingExitCodes { try NIfTI.read(Float.self, from: shown.images[0], options: options) }
    let classes = try SegmentPredictor(model).classes(
      of: image, path: shown.images[0].path, progress: progress.reporter(ofWindows: "pictures"))
    let cuts = try givingExitCodes {
      try PlaneCuts(
        shown.images[0], classes: classes, classCount: model.description.classes.count, view: request.view,
        options: options)
    }
    return .init(scan: shown.identifier, isTraining: scans.validation.isEmpty, cuts: cuts)
  }

  private func write(_ report: SegmentReport, pictures: SegmentPage.Pictures, to folder: OutputFolder) throws
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try folder.write(encoder.encode(report), to: "report.json")
    try folder.write(Data(SegmentPage(report: report, pictures: pictures).html().utf8), to: "report.html")
    progress.note(report.summary)
    progress.note("model: \(folder.file("model.safetensors").path)")
    progress.note("report: \(folder.file("report.html").path)")
  }

  private func fingerprint(_ scans: TrainingScans) throws -> [String] {
    var lines = [
      "encoder = \(request.encoder ?? "none")", "labels = \(request.labels)",
      "other labels = \(request.otherLabels.rawValue)",
    ]
    lines += scans.mapping.classes.sorted { $0.key < $1.key }.map { "label \($0.key) = class \($0.value)" }
    lines += scans.description.classes.enumerated().map { "class \($0.offset) = \($0.element.name)" }
    lines += try RunFingerprint.lines(ofJSON: Data(request.settings.json().utf8))
    let files = (scans.training + scans.validation).flatMap { $0.images + [$0.labels].compactMap(\.self) }
    let weights = try request.encoder.map { try InputFile($0).url }
    for file in files + [weights].compactMap(\.self) {
      lines.append("\(file.standardizedFileURL.path) = \(RunFingerprint.content(file))")
    }
    return lines
  }
}
