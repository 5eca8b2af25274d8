public import ArgumentParser
import ExampleSupport
import Foundation
import PretrainKit
import RunKit

@main
struct Pretrain: ExampleCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract:
      "Pre-trains an encoder on slices of your own volumes, or on the volumes, by a method of your choice.",
    discussion: """
      Cuts NIfTI volumes to slices (--dimensions 3: takes them whole), trains by METHOD (--list names them) and writes to the output folder: \
      encoder.safetensors with PyTorch's names, report.html with the loss, signs of collapse and pictures of the views, \
      and report.json. Ctrl-C writes a checkpoint; --resume goes on with it to the same encoder, bit for bit.
      Exit codes: 64 wrong arguments, 65 bad data or settings, 66 a file that cannot be read, 73 one that cannot be written, \
      130 interrupted.
      """)

  @Argument(help: "The method's name, in whatever case.")
  var method: String?

  @Option(parsing: .upToNextOption, help: "NIfTI files, and folders of them.")
  var images: [String] = []

  @Option(help: "The folder for encoder, report and checkpoint.")
  var output: String?

  @Option(
    help:
      "original (the paper's numbers), group (those of the group behind SuperCL) or small (some dozen slices)."
  )
  var preset = MethodPreset.small

  @Option(
    help:
      "A JSON file with settings of the method to replace, in whatever part; --show-settings prints them all."
  )
  var settings: String?

  @Option(parsing: .unconditional, help: "Steps in place of the preset's.")
  var steps: Int?

  @Option(parsing: .unconditional, help: "Images a step in place of the preset's.")
  var batchSize: Int?

  @Option(parsing: .unconditional, help: "The seed of weights, order and views in place of the preset's.")
  var seed: UInt64?

  @Option(
    parsing: .unconditional,
    help: "Channels of the encoder's first level; each further level has twice as many.")
  var encoderWidth = 32

  @Option(
    parsing: .unconditional,
    help: "Levels of the encoder, the deepest included: views are halved one time less.")
  var levels = 5

  @Option(
    help:
      "An encoder to start from: encoder.safetensors or learner.safetensors of an earlier run of the same widths."
  )
  var startFrom: String?

  @Flag(help: "Also write learner.safetensors, with heads, decoders and momentum copies beside the encoder.")
  var learner = false

  @Option(parsing: .unconditional, help: "2: slices; 3: volumes, with an encoder of three axes.")
  var dimensions = 2

  @Option(help: "axial, coronal, sagittal, or stored, as the planes lie in the file.")
  var plane = SlicePlane.axial

  @Option(
    parsing: .unconditional,
    help:
      "What intensities become: LOW...HIGH (0...1), ct-abdomen, ct-lung, ct-bone, ct-brain, percentiles (.5 and 99.5 of each volume), mri (the same without zeros) or z-score (without zeros)."
  )
  var intensity = "percentiles"

  @Option(
    parsing: .unconditional,
    help:
      "Millimetres of a pixel to resample slices to, or of a voxel along every axis; each volume keeps its own unless given."
  )
  var spacing: Double?

  @Option(help: "What becomes of a file with several volumes (4-D): refused, first, or each.")
  var frames = FrameChoice.refused

  @Option(help: "What NaN and infinite voxels become: background, with a note, or refused.")
  var notFinite = NonFiniteChoice.background

  @Option(help: "How pictures of slices lie: radiological, neurological or stored.")
  var view = AnatomicalView.radiological

  @Option(parsing: .unconditional, help: "Steps between checkpoints.")
  var checkpointEvery = 100

  @Option(
    parsing: .unconditional, help: "Threads that read and make views ahead; 0: all cores between two steps.")
  var workers = 0

  @Flag(help: "Go on with the run that the output folder holds.")
  var resume = false

  @Flag(help: "Throw the run away that the output folder holds.")
  var restart = false

  @Flag(help: "Name the methods, with a line and a source each.")
  var list = false

  @Flag(help: "Print the method's settings as JSON, in the form that --settings takes.")
  var showSettings = false

  func run() throws {
    if list { return print(MethodRegistry.list) }
    let request = try request()
    let run = PretrainRun(request, mode: try mode, progress: Self.runProgress)
    if showSettings { return print(try run.settings(), terminator: "") }
    try Self.interruptible("the same command with --resume goes on") { try run.run() }
  }

  private var mode: RunMode { get throws { try RunMode(resume: resume, restart: restart) } }

  private func request() throws -> PretrainRequest {
    guard let method, showSettings || (!images.isEmpty && output != nil) else {
      throw ExampleFailure(
        .usage,
        "usage: pretrain METHOD --images FILE-OR-FOLDER... --output DIR; --list names the methods, --help more"
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
