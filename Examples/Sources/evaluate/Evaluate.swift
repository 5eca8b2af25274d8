import ArgumentParser
import ExampleSupport
import Foundation
import MedIO
import Metrics

@main
struct Evaluate: ExampleCommand {
  static let configuration = CommandConfiguration(
    abstract: "Scores predicted against reference label files (NIfTI), class by class, in millimetres.",
    discussion: """
      Give two files, or two folders whose files have the same names. Labels are whole numbers, 0 is background. \
      Prints a table of cases and one of classes; --csv and --json write them to files. What is odd about a file (voxel \
      sizes that its header gives in two ways) is a line on standard error, and the scores follow all the same.
      Exit codes: 64 wrong arguments, 65 bad data, 66 a file that cannot be read, 73 one that cannot be written.
      """)

  @Argument(help: "The predicted labels: a file, or a folder of files.")
  var prediction: String

  @Argument(help: "The reference labels: a file, or a folder of files of the same names.")
  var reference: String

  @Option(help: "The classes to score, as 1=liver,2=spleen or 1,2 (default: all labels but 0).")
  var classes: ClassList?

  @Option(help: "The percentile of the Hausdorff distance.")
  var percentile = 95.0

  @Option(help: "Also score the surface Dice at this tolerance in millimetres.")
  var tolerance: Double?

  @Option(
    help: ArgumentHelp(
      "What a missed class counts for in the averages of distances: skip, diagonal (of the image), propagate (infinite) or a number.",
      valueName: "policy"))
  var undefined = PolicyName(policy: .skip)

  @Option(
    help: ArgumentHelp(
      "Where a file's voxel sizes and place come from: automatic (sform, then qform, as nibabel), sform, qform or pixdim.",
      valueName: "form"))
  var affine = AffineName(source: .automatic)

  @Option(help: "The seed of the bootstrap intervals.")
  var seed: UInt64 = 0

  @Option(help: "Write the table of cases to this CSV file.")
  var csv: String?

  @Option(help: "Write all scores and averages to this JSON file.")
  var json: String?

  @Flag(help: "Print Markdown tables.")
  var markdown = false

  func run() throws {
    let evaluator = SegmentationEvaluator(classes: classes?.classes, metrics: try metrics())
    let files = try LabelFiles(prediction: prediction, reference: reference)
    let options = NIfTIReadOptions(affineSource: affine.source)
    let cases = try files.cases.map { pair in
      try pair.evaluate(with: evaluator, options: options) { Self.sayOnStandardError("\($0)") }
    }
    let report = ScoreReport(cases: cases, evaluator: evaluator)
    var generator = SeededGenerator(state: seed)
    let summary = report.summaryTable(undefined: undefined.policy, using: &generator)
    for table in [report.caseTable(), summary] { print(markdown ? table.markdown() : table.text()) }
    if let csv { try writeOutput(report.caseTable(digits: nil).csv(), to: URL(filePath: csv)) }
    if let json {
      generator = SeededGenerator(state: seed)
      try writeOutput(
        report.json(undefined: undefined.policy, using: &generator), to: URL(filePath: json))
    }
  }

  private func metrics() throws -> [any SegmentationMetric] {
    do {
      var metrics: [any SegmentationMetric] = [
        DiceCoefficient(), JaccardIndex(), try HausdorffDistance(validatingPercentile: percentile),
        AverageSurfaceDistance(.symmetric),
      ]
      if let tolerance { metrics.append(try SurfaceDice(validatingToleranceInMillimeters: tolerance)) }
      return metrics
    } catch {
      throw ExampleFailure(.usage, "\(error)")
    }
  }
}

/// SplitMix64: the same seed gives the same intervals anywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
