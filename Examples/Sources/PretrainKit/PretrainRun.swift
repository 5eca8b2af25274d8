import Contrastive
import ExampleSupport
import Foundation
import MedIO
public import NN
public import RunKit
import Tensor

/// The whole road: slices, training, encoder, report.
public struct PretrainRun {
  let request: PretrainRequest
  let progress: RunProgress
  private let mode: Mode
  private let communicator: any Communicator
  private let sharing: RankSharing

  public typealias Mode = RunMode

  /// - Parameters:
  ///   - request: What is asked for.
  ///   - mode: What becomes of a run that the folder holds.
  ///   - progress: Takes the lines of the run; of several ranks rank 0 alone speaks.
  ///   - communicator: The ranks that train together. The folder may be one that all of them see, or one on a disk of each; rank
  ///     0's has the results.
  ///   - sharing: How they share the training.
  public init(
    _ request: PretrainRequest, mode: Mode = .fresh, progress: RunProgress,
    communicator: any Communicator = SingleProcess(), sharing: RankSharing = .init()
  ) {
    (self.request, self.mode, self.communicator, self.sharing) = (request, mode, communicator, sharing)
    self.progress =
      communicator.rank == 0
      ? progress : RunProgress(say: { _ in }, warn: { _ in }, isInterrupted: { false })
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
    let (first, encoder) = try communicator.agreed {
      (try method(type, imageCount: Self.assumedImages), try givingExitCodes { try blueprint() })
    }
    try requireEqualRanks(first)
    let folder = try communicator.rankZeroFirst { try outputFolder(first) }
    progress.note("reading \(request.images.joined(separator: ", "))")
    if request.dimensions == 2 {
      let slices = try communicator.rankZeroFirst {
        try PreparedSlices(request, in: folder, progress: progress)
      }
      try train(type, on: slices, encoder, folder)
    } else {
      let volumes = try communicator.rankZeroFirst {
        try PreparedVolumes(request, in: folder, progress: progress)
      }
      try train(type, on: volumes, encoder, folder)
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
    let (task, examples) = try communicator.agreed {
      let method = try method(type, imageCount: images.count)
      let task = try givingExitCodes { try PretrainingTask(method, encoder: encoder) }
      return (task, try task.method.examples(of: images))
    }
    try train(task, on: examples, cutFrom: images, folder)
  }

  private func train(
    _ task: PretrainingTask<some PublishedMethod>, on examples: some Dataset<PretrainingImage>,
    cutFrom images: some PreparedImages, _ folder: OutputFolder
  ) throws {
    let policy = CheckpointPolicy(
      folder.stateFile(Self.checkpointName), everySteps: request.checkpointInterval)
    guard communicator.rank == 0 else {
      return try givingExitCodes { try runLoop(task, on: examples, policy) }
    }
    var report = PretrainReport(request, task, images)
    let batch = try ExampleBatch(task.method, examples, count: ViewSheet.count)
    let probe = try FeatureProbe(task.method, task.encoder.encoderDescription, images, batch)
    report.featuresBefore = try probe.figures(of: task.encoder)
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
    let loop = try TrainingLoop(
      task, on: examples, workers: request.workers, communicator: communicator, sharing: sharing)
    if FileManager.default.fileExists(atPath: policy.url.path) {
      try communicator.agreed { try loop.resume(from: policy.url) }
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
    let weights = try Safetensors(contentsOf: InputFile(path).url).encoder
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
    // The other ranks come after rank 0, and find its run, or a disk of their own.
    try OutputFolder(
      request.output, mode: communicator.rank == 0 ? mode : .resuming, checkpoint: Self.checkpointName,
      results: ["encoder.safetensors", "learner.safetensors", "report.html", "report.json"],
      fingerprint: RunFingerprint(lines: fingerprint(method)))
  }

  /// Refuses ranks with other settings, or other files, than rank 0 has.
  private func requireEqualRanks(_ method: some PublishedMethod) throws {
    guard communicator.count > 1 else { return }
    let document = try communicator.agreed {
      var fields: [String: String] = [:]
      for line in try fingerprint(method) {
        let parts = line.split(separator: " = ", maxSplits: 1)
        fields[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
      }
      return try JSONEncoder().encode(fields)
    }
    try communicator.requireEqual(document)
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
