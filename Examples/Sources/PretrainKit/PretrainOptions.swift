public import ArgumentParser
public import ExampleSupport
import Foundation
public import NN
public import RunKit

/// What the command lines of `pretrain` and of its sister over ranks have in common.
public struct PretrainOptions: ParsableArguments {
  @Argument(help: "The method's name, in whatever case.")
  public var method: String?

  @Option(parsing: .upToNextOption, help: "NIfTI files, and folders of them.")
  public var images: [String] = []

  @Option(help: "The folder for encoder, report and checkpoint.")
  public var output: String?

  @Option(
    help:
      "original (the paper's numbers), group (those of the group behind SuperCL) or small (some dozen slices)."
  )
  public var preset = MethodPreset.small

  @Option(
    help:
      "A JSON file with settings of the method to replace, in whatever part; --show-settings prints them all."
  )
  public var settings: String?

  @Option(parsing: .unconditional, help: "Steps in place of the preset's.")
  public var steps: Int?

  @Option(parsing: .unconditional, help: "Images a step in place of the preset's.")
  public var batchSize: Int?

  @Option(parsing: .unconditional, help: "The seed of weights, order and views in place of the preset's.")
  public var seed: UInt64?

  @Option(
    parsing: .unconditional,
    help: "Channels of the encoder's first level; each further level has twice as many.")
  public var encoderWidth = 32

  @Option(
    parsing: .unconditional,
    help: "Levels of the encoder, the deepest included: views are halved one time less.")
  public var levels = 5

  @Option(
    help:
      "An encoder to start from: encoder.safetensors or learner.safetensors of an earlier run of the same widths."
  )
  public var startFrom: String?

  @Flag(help: "Also write learner.safetensors, with heads, decoders and momentum copies beside the encoder.")
  public var learner = false

  @Option(parsing: .unconditional, help: "2: slices; 3: volumes, with an encoder of three axes.")
  public var dimensions = 2

  @Option(help: "axial, coronal, sagittal, or stored, as the planes lie in the file.")
  public var plane = SlicePlane.axial

  @Option(
    parsing: .unconditional,
    help:
      "What intensities become: LOW...HIGH (0...1), ct-abdomen, ct-lung, ct-bone, ct-brain, percentiles (.5 and 99.5 of each volume), mri (the same without zeros) or z-score (without zeros)."
  )
  public var intensity = "percentiles"

  @Option(
    parsing: .unconditional,
    help:
      "Millimetres of a pixel to resample slices to, or of a voxel along every axis; each volume keeps its own unless given."
  )
  public var spacing: Double?

  @Option(help: "What becomes of a file with several volumes (4-D): refused, first, or each.")
  public var frames = FrameChoice.refused

  @Option(help: "What NaN and infinite voxels become: background, with a note, or refused.")
  public var notFinite = NonFiniteChoice.background

  @Option(help: "How pictures of slices lie: radiological, neurological or stored.")
  public var view = AnatomicalView.radiological

  @Option(parsing: .unconditional, help: "Steps between checkpoints.")
  public var checkpointEvery = 100

  @Option(
    parsing: .unconditional, help: "Threads that read and make views ahead; 0: all cores between two steps.")
  public var workers = 0

  @Flag(help: "Go on with the run that the output folder holds.")
  public var resume = false

  @Flag(help: "Throw the run away that the output folder holds.")
  public var restart = false

  @Flag(help: "Name the methods, with a line and a source each.")
  public var list = false

  @Flag(help: "Print the method's settings as JSON, in the form that --settings takes.")
  public var showSettings = false

  public init() {}

  /// Does what the options say: lists, prints settings, or trains.
  ///
  /// - Parameters:
  ///   - command: The program's name, for its usage.
  ///   - progress: Takes the lines of the run.
  ///   - communicator: The ranks that train together: this process alone.
  ///   - sharing: How they share the training.
  ///   - print: Takes what is asked for with --list and --show-settings.
  public func run(
    as command: String, progress: RunProgress, communicator: any Communicator = SingleProcess(),
    sharing: RankSharing = .init(), print: (String) -> Void
  ) throws {
    if list { return print(MethodRegistry.list + "\n") }
    let run = try communicator.agreed {
      PretrainRun(
        try request(command), mode: try mode, progress: progress, communicator: communicator, sharing: sharing
      )
    }
    if showSettings { return print(try run.settings()) }
    try run.run()
  }

  private var mode: RunMode { get throws { try RunMode(resume: resume, restart: restart) } }

  private func request(_ command: String) throws -> PretrainRequest {
    guard let method, showSettings || (!images.isEmpty && output != nil) else {
      throw ExampleFailure(
        .usage,
        "usage: \(command) METHOD --images FILE-OR-FOLDER... --output DIR; --list names the methods, --help more"
      )
    }
    _ = try MethodRegistry.method(named: method)
    _ = try mode
    try require("--steps", steps, 0)
    try require("--batch-size", batchSize, 1)
    try require("--encoder-width", encoderWidth, 1, 1024)
    try require("--levels", levels, 2, 8)
    try require("--dimensions", dimensions, 2, 3)
    try require("--checkpoint-every", checkpointEvery, 1)
    try require("--workers", workers, 0, 64)
    if let spacing, !(spacing > 0 && spacing.isFinite) {
      throw ExampleFailure(.usage, "--spacing = \(spacing): must be positive")
    }
    var request = PretrainRequest(method: method, images: images, output: URL(filePath: output ?? "."))
    request.preset = preset
    if let settings { request.settings = (settings, try InputFile(settings).contents()) }
    (request.steps, request.batchSize, request.seed) = (steps, batchSize, seed)
    (request.width, request.levels) = (encoderWidth, levels)
    (request.plane, request.frames, request.nonFinite, request.view) = (plane, frames, notFinite, view)
    (request.startingFrom, request.writesLearner) = (startFrom, learner)
    request.intensity = try IntensityRule(argument: intensity)
    (request.dimensions, request.spacing) = (dimensions, spacing)
    (request.checkpointInterval, request.workers) = (checkpointEvery, workers)
    return request
  }
}

extension MethodPreset: ExpressibleByArgument {}
extension SlicePlane: ExpressibleByArgument {}
extension FrameChoice: ExpressibleByArgument {}
extension NonFiniteChoice: ExpressibleByArgument {}
