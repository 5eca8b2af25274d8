import ArgumentParser
import ExampleSupport
import ExperimentKit
import Foundation
import RunKit

@main
struct Experiments: ExampleCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiments",
    abstract: "What pre-training gives, where, and why: experiments on your own volumes or on ours.",
    discussion: """
      Each subcommand does what is not done yet in the output folder, appends a row of JSON to rows.jsonl for each run, and \
      writes tables, figures and one page. Ctrl-C keeps what is done; the same command goes on. Everything is set by one \
      JSON file: --show-settings prints it.
      Exit codes: 64 wrong arguments, 65 bad data or settings, 66 a file that cannot be read, 73 one that cannot be written, \
      130 interrupted.
      """,
    subcommands: [
      Compare.self, Terms.self, IntraOnly.self, PseudoMasks.self, Geometry.self, Stride.self, Counts.self,
      Unlabelled.self, Transfer.self, Volumes.self, Pairs.self, Failures.self, Paper.self, Leakage.self,
      Clusters.self,
      Cohort.self,
      Scale.self,
    ])
}

/// What all experiments take.
struct ExperimentOptions: ParsableArguments {
  @Option(help: "The folder for rows, tables, figures and pages.")
  var output = "experiments-output"

  @Option(help: "A JSON file with settings to replace, in whatever part.")
  var settings: String?

  @Option(help: "The folder that Examples/fetch-data.sh filled; Examples/Data/fetched unless given.")
  var fetched: String?

  @Flag(help: "Also the MRI that Examples/fetch-data.sh gets, with ten regions.")
  var withMri = false

  @Flag(help: "Pre-training also sees the images without labels that Examples/fetch-data.sh gets.")
  var withUnlabelled = false

  @Flag(help: "Everything small, for a first look: scores mean nothing.")
  var quick = false

  @Flag(help: "Print all settings as JSON, in the form that --settings takes, and end.")
  var showSettings = false

  /// Runs an experiment with the settings.
  func run(_ experiment: (some Experiment).Type) throws {
    try perform { try experiment.init($0).run() }
  }

  /// The same for a study.
  func run(_ study: (ExperimentSettings) throws -> Study) throws {
    try perform { try study($0.settings).run($0) }
  }

  /// Reads the settings and does some work; an interruption is a line and exit code 130.
  func perform(_ body: (ExperimentWork) throws -> Void) throws {
    var all = quick ? ExperimentSettings.quick : ExperimentSettings()
    if let settings { all = try all.replacing(with: InputFile(settings).contents(), from: settings) }
    if withMri, !all.data.contains(where: { $0.name == DataSettings.mri.name }) { all.data.append(.mri) }
    if withUnlabelled {
      for index in all.data.indices where all.data[index].unlabelled.isEmpty {
        all.data[index].unlabelled = UnlabelledSettings.fetched(for: all.data[index].name)
      }
    }
    if showSettings { return print(try all.json(), terminator: "") }
    try Experiments.interruptible("the same command goes on") {
      let progress = Experiments.runProgress
      if quick {
        progress.note("This is a quick run: it shows that every part works; its scores mean nothing.")
      }
      try body(
        ExperimentWork(
          all, folders: DataFolders(fetched: fetched.map { URL(filePath: $0) }),
          in: try ExperimentFolder(URL(filePath: output)), progress: progress))
    }
  }
}

struct Compare: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Methods x shares of labelled patients x seeds x protocols: Dice, learning curves, a frozen probe.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(Study.compare) }
}

struct Leakage: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "How far superpixels reach over the borders of organs, beside a regular grid, with pictures.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(LeakageExperiment.self) }
}

struct Clusters: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Leakage and under-segmentation against the number and compactness of superpixels, and the adaptive count."
  )
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(ClusterExperiment.self) }
}

struct Cohort: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pictures of the virtual patients, and how far they differ.")
  @OptionGroup var options: ExperimentOptions

  func run() throws { try options.run(CohortExperiment.self) }
}
