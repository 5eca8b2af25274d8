public import ArgumentParser
import ExampleSupport
import Foundation
import RunKit
public import SegmentKit

struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Trains on the images and segmentations of a folder.")

  @Argument(
    help:
      "A folder of NIfTI images and their segmentations: images/A.nii.gz with labels/A.nii.gz, or A.nii.gz with A_label.nii.gz."
  )
  var folder: String?

  @Option(help: "The folder for model, report and checkpoint.")
  var output: String?

  @Option(parsing: .unconditional, help: "2: planes one by one; 3: volumes.")
  var dimensions: Int?

  @Option(
    help: """
      A pre-trained encoder of the same widths: encoder.safetensors of pretrain, or learner.safetensors, of which \
      stages of a U-Net's decoder are taken, too.
      """
  )
  var encoder: String?

  @Option(
    parsing: .upToNextOption,
    help: "Classes as NAME=LABEL or NAME=LABEL+LABEL; every label of the segmentations unless given.")
  var classes: [String] = []

  @Option(help: "What becomes of labels that are of no class: refused, or background.")
  var otherLabels = OtherLabels.refused

  @Option(parsing: .unconditional, help: "How many patients train, of those that do not validate.")
  var cases: Int?

  @Option(parsing: .unconditional, help: "The share of patients that train, of those that do not validate.")
  var fraction: Double?

  @Option(help: "A JSON file with settings to replace; --show-settings prints them all.")
  var settings: String?

  @Option(parsing: .unconditional, help: "Steps in place of the settings'.")
  var steps: Int?

  @Option(parsing: .unconditional, help: "Patches a step in place of the settings'.")
  var batchSize: Int?

  @Option(parsing: .unconditional, help: "Channels of the first level in place of the settings'.")
  var width: Int?

  @Option(parsing: .unconditional, help: "The seed in place of the settings'.")
  var seed: UInt64?

  @Option(
    parsing: .unconditional, help: "What intensities become in place of the settings': LOW...HIGH, or a name."
  )
  var intensity: String?

  @Option(help: "How pictures lie: radiological, neurological or stored.")
  var view = AnatomicalView.radiological

  @Option(parsing: .unconditional, help: "Steps between checkpoints.")
  var checkpointEvery = 100

  @Option(parsing: .unconditional, help: "Threads that read patches ahead; 0: all cores between two steps.")
  var workers = 0

  @Flag(help: "Go on with the run that the output folder holds.")
  var resume = false

  @Flag(help: "Throw the run away that the output folder holds.")
  var restart = false

  @Flag(help: "Print the settings as JSON, in the form that --settings takes.")
  var showSettings = false

  func run() throws {
    let chosen = try chosenSettings()
    if showSettings { return print(try chosen.json(), terminator: "") }
    let request = try request(chosen)
    try Segment.interruptible("the same command with --resume goes on") {
      try SegmentTrainingRun(request, mode: mode, progress: Segment.runProgress).run()
    }
  }

  private var mode: RunMode { get throws { try RunMode(resume: resume, restart: restart) } }

  private func chosenSettings() throws -> SegmentSettings {
    try require("--dimensions", dimensions, 2, 3)
    var chosen = SegmentSettings(dimensions: dimensions ?? 2)
    if let settings {
      let json = try InputFile(settings).contents()
      // A file that says nothing but 3 has all that goes with it.
      chosen = SegmentSettings(dimensions: dimensions ?? SegmentSettings.dimensions(in: json) ?? 2)
      chosen = try chosen.replacing(from: json, path: settings)
    }
    if let dimensions, chosen.dimensions != dimensions {
      throw ExampleFailure(
        .usage,
        "--dimensions = \(dimensions): \(settings ?? "the settings") has dimensions = \(chosen.dimensions)")
    }
    if let steps { chosen.steps = steps }
    if let batchSize { chosen.batchSize = batchSize }
    if let width { chosen.width = width }
    if let seed { chosen.seed = seed }
    if let intensity { chosen.intensity = intensity }
    return chosen
  }

  private func request(_ settings: SegmentSettings) throws -> SegmentRequest {
    guard let folder, let output else {
      throw ExampleFailure(.usage, "usage: segment train FOLDER --output DIR; --help tells more")
    }
    _ = try mode
    guard cases == nil || fraction == nil else {
      throw ExampleFailure(.usage, "--cases and --fraction exclude each other")
    }
    try require("--steps", steps, 1)
    try require("--batch-size", batchSize, 1)
    try require("--width", width, 1, 1024)
    try require("--cases", cases, 1)
    try require("--checkpoint-every", checkpointEvery, 1)
    try require("--workers", workers, 0, 64)
    if let fraction, !(fraction > 0 && fraction <= 1) {
      throw ExampleFailure(.usage, "--fraction = \(fraction): must be above 0 and at most 1")
    }
    var request = SegmentRequest(folder: folder, output: URL(filePath: output), settings: settings)
    if let intensity { _ = try IntensityRule(argument: intensity) }
    if !classes.isEmpty { request.classes = try classes.map(RequestedClass.init(argument:)).checked() }
    (request.otherLabels, request.encoder, request.view) = (otherLabels, encoder, view)
    request.labels = cases.map(LabelBudget.patients) ?? fraction.map(LabelBudget.fraction) ?? .all
    (request.checkpointInterval, request.workers) = (checkpointEvery, workers)
    return request
  }
}

extension OtherLabels: ExpressibleByArgument {}
