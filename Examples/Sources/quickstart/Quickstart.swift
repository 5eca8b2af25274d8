import ArgumentParser
import ExampleSupport
import Foundation
import QuickstartKit
import RunKit

@main
struct Quickstart: ExampleCommand {
  static let configuration = CommandConfiguration(
    commandName: "quickstart",
    abstract: "From a NIfTI file to a segmentation, pre-trained with SuperCL.",
    discussion: """
      Deals the axial slices of one labelled volume to train, validation and test, pre-trains an encoder with SuperCL on \
      the training slices without their labels, fine-tunes a U-Net with few labels from it and from scratch, and writes a \
      report with scores in millimetres. Without options it works on the CT kept in Examples/Data. Ctrl-C keeps what is \
      done; --resume goes on.
      """)

  @Option(help: "The volume, .nii or .nii.gz.")
  var image: String?

  @Option(help: "Its labels, on the same grid.")
  var labels: String?

  @Option(
    help:
      "Classes as NAME=LABEL[+LABEL...], separated by commas; every label with enough voxels unless given.")
  var classes: String?

  @Option(
    parsing: .unconditional,
    help: "Intensities that become 0 and 1, as LOW...HIGH; percentiles of the training slices unless given.")
  var window: String?

  @Option(help: "What NaN and infinite voxels become: background, with a note, or refused.")
  var notFinite = "background"

  @Option(help: "How axial pictures lie: radiological has the patient's right on the left.")
  var view = AnatomicalView.radiological

  @Option(help: "Shares of the training slices that carry labels.")
  var fractions = "0.1,0.25"

  @Option(help: "Seeds of the drawn slices and of the weights.")
  var seeds = "1,2,3"

  @Option(help: "scratch, supercl, or both.")
  var method = "both"

  @Option(help: "The folder for the report.")
  var output = "quickstart-output"

  @Option(
    help: "A JSON file with numbers of the training to replace; report.json shows them all under settings.")
  var settings: String?

  @Flag(help: "A small network and few steps, for a first look: its scores mean nothing.")
  var quick = false

  @Flag(help: "Go on with an interrupted run.")
  var resume = false

  func run() throws {
    try Self.interruptible("go on with --resume") {
      try QuickstartRun(request(), resuming: resume, progress: Self.runProgress).run()
    }
  }

  private func request() throws -> RunRequest {
    guard (image == nil) == (labels == nil) else {
      throw ExampleFailure(.usage, "--image and --labels are given together")
    }
    let kept = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Data/abdomen_ct")
      .standardizedFileURL
    var request = RunRequest(
      image: image.map { URL(filePath: $0) } ?? kept.appending(path: "ct.nii.gz"),
      labels: labels.map { URL(filePath: $0) } ?? kept.appending(path: "labels.nii.gz"),
      output: URL(filePath: output))
    if image == nil {
      request.classes = TargetClass.abdomen
      request.window = -160...240
    }
    if let classes { request.classes = try parseClasses(classes) }
    if let window { request.window = try parseWindow(window) }
    guard let nonFiniteVoxels = NonFiniteVoxels(rawValue: notFinite) else {
      throw ExampleFailure(.usage, "--not-finite \(notFinite): background or refused")
    }
    request.nonFiniteVoxels = nonFiniteVoxels
    request.fractions = try parseList(fractions, option: "--fractions") { text in
      Double(text).flatMap { $0 > 0 && $0 <= 1 ? $0 : nil }
    }
    request.seeds = try parseList(seeds, option: "--seeds") { UInt64($0) }
    switch method {
    case "both": request.methods = [.scratch, .supercl]
    case "scratch": request.methods = [.scratch]
    case "supercl": request.methods = [.supercl]
    default: throw ExampleFailure(.usage, "--method \(method): scratch, supercl or both")
    }
    request.view = view
    request.isQuick = quick
    if let settings {
      request.settings = try InputFile(settings).contents()
      request.settingsPath = settings
    }
    return request
  }

  private func parseList<Value: Hashable>(
    _ text: String, option: String, _ parse: (String) -> Value?
  ) throws -> [Value] {
    let values = try text.split(separator: ",", omittingEmptySubsequences: false).map { part -> Value in
      guard let value = parse(String(part)) else {
        throw ExampleFailure(.usage, "\(option) \(text): '\(part)' is no valid value")
      }
      return value
    }
    guard Set(values).count == values.count else {
      throw ExampleFailure(.usage, "\(option) \(text): a value is given twice")
    }
    return values
  }

  private func parseClasses(_ text: String) throws -> [TargetClass] {
    let classes = try text.split(separator: ",").map { part -> TargetClass in
      let sides = part.split(separator: "=", maxSplits: 1)
      let labels = sides.count == 2 ? sides[1].split(separator: "+").map { Int32($0) } : []
      guard !labels.isEmpty, labels.allSatisfy({ $0 != nil && $0 != 0 }) else {
        throw ExampleFailure(.usage, "--classes: '\(part)' is not NAME=LABEL[+LABEL...]")
      }
      return TargetClass(name: String(sides[0]), labels: labels.compactMap { $0 })
    }
    let labels = classes.flatMap(\.labels)
    guard !classes.isEmpty, Set(labels).count == labels.count, Set(classes.map(\.name)).count == classes.count
    else {
      throw ExampleFailure(.usage, "--classes \(text): names and labels must differ from each other")
    }
    return classes
  }

  private func parseWindow(_ text: String) throws -> ClosedRange<Double> {
    let bounds = text.components(separatedBy: "...").map { Double($0) }
    guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low < high, low.isFinite,
      high.isFinite
    else {
      throw ExampleFailure(.usage, "--window \(text): not LOW...HIGH with LOW below HIGH")
    }
    return low...high
  }
}
