import Contrastive
import ExampleSupport
import Foundation
import MedIO
import NN
public import RunKit
import Tensor

/// The whole road: slices, training, encoder, report.
public struct PretrainRun {
  let request: PretrainRequest
  let progress: RunProgress
  private let mode: Mode

  public typealias Mode = RunMode

  public init(_ request: PretrainRequest, mode: Mode = .fresh, progress: RunProgress) {
    (self.request, self.mode, self.progress) = (request, mode, progress)
  }

  /// Trains what is not done yet and writes `encoder.safetensors`, `report.html` and `report.json`.
  ///
  /// - Throws: ``Interruption`` when it was stopped, with a checkpoint to go on from; ``ExampleFailure``.
  public func run() throws { try train(MethodRegistry.method(named: request.method)) }

  /// The method with all its numbers, before the number of images is known.
  ///
  /// - Throws: ``ExampleFailure``: what cannot be trained, by method, field and value.
  public func settings() throws -> String {
    func text<Method: PublishedMethod>(_ type: Method.Type) throws -> String {
      try method(type, imageCount: Self.assumedImages).settingsJSON()
    }
    return try text(MethodRegistry.method(named: request.method))
  }

  /// Images that the group's protocol is asked for before they are counted.
  private static let assumedImages = 1600
  private static let checkpointName = "training.safetensors"

  private func train<Method: PublishedMethod>(_ type: Method.Type) throws {
    // What is wrong with the settings is said before a volume is read.
    let first = try method(type, imageCount: Self.assumedImages)
    let encoder = try givingExitCodes { try blueprint() }
    let folder = try outputFolder(first)
    progress.note("reading \(request.images.joined(separator: ", "))")
    if request.dimensions == 2 {
      let slices = try PreparedSlices(request, in: folder, progress: progress)
      try train(type, on: slices, encoder, folder)
    } else {
      try train(type, on: PreparedVolumes(request, in: folder, progress: progress), encoder, folder)
    }
  }

  private func train<Method: PublishedMethod>(
    _ type: Method.Type, on images: some PreparedImages, _ encoder: EncoderBlueprint, _ folder: OutputFolder
  ) throws {
    for note in images.notes { progress.warn(note) }
    let what = request.dimensions == 2 ? "slices of \(images.volumeCount) volumes" : "volumes"
    progress.note(
      "\(images.count) \(request.plane.rawValue) \(what), \(images.sizes.smallest) to \(images.sizes.largest) "
        + (request.dimensions == 2 ? "pixels" : "voxels"))
    let method = try method(type, imageCount: images.count)
    let task = try givingExitCodes { try PretrainingTask(method, encoder: encoder) }
    let examples = try task.method.examples(of: images)
    try train(task, on: examples, cutFrom: images, folder)
  }

  private func train(
    _ task: PretrainingTask<some PublishedMethod>, on examples: some Dataset<PretrainingImage>,
    cutFrom images: some PreparedImages, _ folder: OutputFolder
  ) throws {
    var report = PretrainReport(request, task, images)
    let batch = try ExampleBatch(task.method, examples, count: ViewSheet.count)
    let probe = try FeatureProbe(task.method, task.encoder.encoderDescription, images, batch)
    report.featuresBefore = try probe.figures(of: task.encoder)
    let policy = CheckpointPolicy(
      folder.stateFile(Self.checkpointName), everySteps: request.checkpointInterval)
    let clock = ContinuousClock.now
    try givingExitCodes { try runLoop(task, on: examples, policy) }
    report.seconds = (ContinuousClock.now - clock) / .seconds(1)
    report.peakMiB = Double(ProcessMemory.peak) / 1_048_576
    try givingExitCodes { try task.encoder.save(to: folder.file("encoder.safetensors")) }
    if request.writesLearner {
      try givingExitCodes { try task.learner.save(to: folder.file("learner.safetensors")) }
    }
    report.add(try givingExitCodes { try TrainingLog.entries(of: policy.logURL) })
    report.featuresAfter = try probe.figures(of: task.encoder)
    for line in report.warnings { progress.warn(line) }
    let pictures = try givingExitCodes { try ViewSheet(task.method, images, batch, view: request) }
    try write(report, pictures: pictures, to: folder)
  }

  private func runLoop(
    _ task: PretrainingTask<some PublishedMethod>, on examples: some Dataset<PretrainingImage>,
    _ policy: CheckpointPolicy
  ) throws {
    let loop = try TrainingLoop(task, on: examples, workers: request.workers)
    if FileManager.default.fileExists(atPath: policy.url.path) {
      try loop.resume(from: policy.url)
      progress.note("going on behind step \(loop.step) of \(task.recipe.steps)")
    }
    let name = Swift.type(of: task.method).name
    if try loop.run(checkpoint: policy, progress: progress.reporter(name)) == .stopped {
      progress.note("stopped behind step \(loop.step) of \(task.recipe.steps)")
      throw Interruption()
    }
  }

  private func write(_ report: PretrainReport, pictures: ViewSheet, to folder: OutputFolder) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try folder.write(encoder.encode(report), to: "report.json")
    let page = PretrainPage(report: report, pictures: pictures)
    try folder.write(Data(page.html().utf8), to: "report.html")
    progress.note(report.summary)
    progress.note("encoder: \(folder.file("encoder.safetensors").path)")
    progress.note("report: \(folder.file("report.html").path)")
  }

  // MARK: Settings

  private var configuration: UNetConfiguration {
    UNetConfiguration(widths: (0..<request.levels).map { request.width << $0 })
  }

  /// - Throws: ``ExampleFailure``, `CheckpointError`: a file to start from that cannot be read, or is of another encoder.
  private func blueprint() throws -> EncoderBlueprint {
    let configuration = configuration
    let drawn = drawn
    guard let path = request.startingFrom else { return drawn }
    let weights = try Safetensors(ofEncoderAt: InputFile(path).url)
    // Read once now, so that a file of another encoder is refused; copies have the same names and shapes.
    var generator = RandomKey(seed: 0).generator
    try drawn.makeEncoder(using: &generator).load(weights, path: path)
    return EncoderBlueprint(drawn.name, settings: ["widths": configuration.widths]) { generator in
      let encoder = drawn.makeEncoder(using: &generator)
      _ = try? encoder.load(weights, path: path)
      return encoder
    }
  }

  /// An encoder with random weights.
  private var drawn: EncoderBlueprint {
    request.dimensions == 2 ? .unet(configuration) : .unet3D(configuration)
  }

  /// The method of the preset, with the file's and the command line's numbers in place.
  private func method<Method: PublishedMethod>(_ type: Method.Type, imageCount: Int) throws -> Method {
    var method = request.preset.method(type, imageCount: imageCount)
    if let settings = request.settings {
      do {
        method = try method.replacingSettings(from: settings.json)
      } catch {
        throw ExampleFailure(.data, "\(settings.path): \(error)")
      }
    }
    if let steps = request.steps { method.recipe.steps = steps }
    if let batchSize = request.batchSize { method.recipe.batchSize = batchSize }
    if let seed = request.seed { method.recipe.seed = seed }
    do {
      _ = try method.fitted(to: drawn.encoderDescription)
    } catch {
      throw ExampleFailure(.data, (request.settings.map { "\($0.path): " } ?? "") + "\(error)")
    }
    return method
  }

  // MARK: Folder

  private func outputFolder(_ method: some PublishedMethod) throws -> OutputFolder {
    try OutputFolder(
      request.output, mode: mode, checkpoint: Self.checkpointName,
      results: ["encoder.safetensors", "learner.safetensors", "report.html", "report.json"],
      fingerprint: RunFingerprint(lines: fingerprint(method)))
  }

  private func fingerprint<Method: PublishedMethod>(_ method: Method) throws -> [String] {
    var lines = [
      "method = \(Method.name)", "preset = \(request.preset.rawValue)", "encoder width = \(request.width)",
      "encoder levels = \(request.levels)", "dimensions = \(request.dimensions)",
      "start-from = \(request.startingFrom ?? "nothing")",
      "plane = \(request.plane.rawValue)",
      "intensity = \(request.intensity)", "spacing = \(request.spacing.map { "\($0)" } ?? "of each volume")",
      "frames = \(request.frames.rawValue)", "not-finite = \(request.nonFinite.rawValue)",
    ]
    lines += try RunFingerprint.lines(ofJSON: Data(method.settingsJSON().utf8))
    let weights = try request.startingFrom.map { try InputFile($0).url }
    for file in try InputVolumes(request.images).files + [weights].compactMap(\.self) {
      lines.append("\(file.standardizedFileURL.path) = \(RunFingerprint.content(file))")
    }
    return lines
  }
}
