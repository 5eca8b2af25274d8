import ExampleSupport
import Foundation
import MedIO
import Tensor

/// The whole road: data, superpixels, pre-training, fine-tuning, scores, report.
public struct QuickstartRun {
  let request: RunRequest
  let settings: Settings
  let folder: OutputFolder
  let progress: RunProgress

  /// - Throws: ``ExampleFailure`` when the output folder cannot be used.
  public init(_ request: RunRequest, resuming: Bool, progress: RunProgress) throws {
    self.request = request
    self.progress = progress
    let base = request.isQuick ? Settings.quick : Settings()
    settings = try request.settings.map { try base.replacing(from: $0) } ?? base
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let numbers = (try? encoder.encode(settings)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let fingerprint =
      "\(request.image.path)\n\(request.labels.path)\n\(String(describing: request.classes))\n"
      + "\(String(describing: request.window))\n\(request.fractions) \(request.seeds) \(request.methods)\n\(numbers)\n"
    folder = try OutputFolder(request.output, resuming: resuming, fingerprint: fingerprint)
  }

  /// Runs what is not finished yet and writes the report.
  ///
  /// - Throws: ``Interruption``, ``ExampleFailure``, or what training throws.
  public func run() throws {
    var stages: [Report.Stage] = []
    func stage<Value>(_ name: String, _ body: () throws -> Value) throws -> Value {
      try progress.checkInterruption()
      progress.note(name)
      var value: Value?
      let measured = try Measurement.of { value = try body() }
      stages.append(.init(name: name, seconds: measured.seconds, peak_mib: measured.peakMiB))
      guard let value else { throw Interruption() }
      return value
    }
    let data = try stage("reading \(request.image.lastPathComponent)") {
      try SliceData(request, settings: settings)
    }
    progress.note(describe(data))
    let segments = PretrainingStage.levelAndSegments(
      patch: data.patch, pixelsPerSegment: settings.pixelsPerSegment)
    let superpixels = try stage("superpixels") {
      try SuperpixelStage(data: data, segmentCount: segments.segments).run(in: folder, progress: progress)
    }
    var pretraining: PretrainingStage.Outcome?
    if request.methods.contains(.supercl) {
      pretraining = try stage(
        "pre-training with SuperCL, ILCP on \(segments.level), \(segments.segments) segments"
      ) {
        try PretrainingStage(data: data, settings: settings).run(in: folder, progress: progress)
      }
    }
    let tuning = FineTuningStage(data: data, settings: settings, folder: folder, progress: progress)
    let (chosen, search) = try stage("choosing each method's schedule on the validation part") {
      try chooseSchedules(tuning)
    }
    var outcomes: [(run: FineTuningStage.Run, outcome: FineTuningStage.Outcome)] = []
    try stage("fine-tuning") {
      for fraction in request.fractions {
        for seed in request.seeds {
          for method in request.methods {
            let run = FineTuningStage.Run(
              method: method, fraction: fraction, seed: seed, candidate: chosen[method] ?? 0)
            outcomes.append((run, try outcome(tuning, run)))
          }
        }
      }
    }
    try stage("the ceiling: scratch with all labels") {
      guard request.methods.contains(.scratch), !request.fractions.contains(1) else { return }
      for seed in request.seeds.prefix(1) {
        let run = FineTuningStage.Run(
          method: .scratch, fraction: 1, seed: seed, candidate: chosen[.scratch] ?? 0)
        outcomes.append((run, try outcome(tuning, run)))
      }
    }
    let pictures = try stage("pictures and predicted labels") {
      try ResultPictures(data: data, tuning: tuning, folder: folder).write(outcomes.map(\.run))
    }
    let report = Report(
      note:
        "Slices of one volume: train, validation and test are slabs of it, \(settings.droppedSlices) slices "
        + "dropped at every border; pre-training and the intensity window saw training slices alone.",
      settings: settings, window: [data.window.lowerBound, data.window.upperBound], classes: data.classNames,
      split: data.split.slabs,
      voxels: Dictionary(
        uniqueKeysWithValues: zip(data.classNames.dropFirst(), data.voxels).map { name, counts in
          (name, Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }))
        }),
      stages: stages, superpixels: superpixels, pretraining: pretraining, search: search,
      results: outcomes.flatMap { item in
        (item.outcome.test.classes + [item.outcome.test.mean]).map { Report.Row(item.run, $0) }
      },
      differences: differences(outcomes), scratch_curve: scratchCurve(outcomes))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try folder.write(encoder.encode(report), to: "report.json")
    let page = ReportPage(
      report: report, outcomes: outcomes.map { ($0.run, $0.outcome.losses) }, pictures: pictures,
      folder: folder)
    try folder.write(Data(page.html().utf8), to: "report.html")
    progress.note(summary(report))
    progress.note("report: \(folder.file("report.html").path)")
  }

  private func outcome(_ tuning: FineTuningStage, _ run: FineTuningStage.Run) throws
    -> FineTuningStage.Outcome
  {
    try progress.checkInterruption()
    let outcome = try tuning.outcome(of: run)
    progress.note("  \(run.name): test Dice \(String(format: "%.3f", outcome.test.mean.dice))")
    return outcome
  }

  /// Every method tries every schedule with the fewest labels and every seed; the best mean validation Dice wins.
  private func chooseSchedules(_ tuning: FineTuningStage) throws -> (
    chosen: [Method: Int], search: [Report.Choice]
  ) {
    var chosen: [Method: Int] = [:]
    var search: [Report.Choice] = []
    guard let fraction = request.fractions.min() else { return (chosen, search) }
    for method in request.methods {
      let dice = try settings.candidates.indices.map { candidate in
        try request.seeds.reduce(0) { sum, seed in
          let run = FineTuningStage.Run(method: method, fraction: fraction, seed: seed, candidate: candidate)
          try progress.checkInterruption()
          return try sum + tuning.outcome(of: run).finalValidationDice / Double(request.seeds.count)
        }
      }
      let best = dice.indices.max { (dice[$0], $1) < (dice[$1], $0) } ?? 0
      chosen[method] = best
      search += settings.candidates.indices.map {
        .init(
          method: method.rawValue, candidate: "\(settings.candidates[$0])", validation_dice: dice[$0],
          chosen: $0 == best)
      }
      progress.note(
        "  \(method.rawValue): \(settings.candidates[best]) (validation Dice \(String(format: "%.3f", dice[best])))"
      )
    }
    return (chosen, search)
  }

  private func differences(
    _ outcomes: [(run: FineTuningStage.Run, outcome: FineTuningStage.Outcome)]
  ) -> [Report.Difference] {
    func dice(_ method: Method, _ fraction: Double, _ seed: UInt64) -> Double? {
      outcomes.first { $0.run.method == method && $0.run.fraction == fraction && $0.run.seed == seed }?
        .outcome.test.mean.dice
    }
    let pairs = request.fractions.map { fraction in
      request.seeds.compactMap { seed -> Double? in
        guard let ours = dice(.supercl, fraction, seed), let scratch = dice(.scratch, fraction, seed) else {
          return nil
        }
        return ours - scratch
      }
    }
    guard pairs.contains(where: { !$0.isEmpty }) else { return [] }
    let each = zip(request.fractions, pairs).filter { !$0.1.isEmpty }.map {
      pairedDifference($0.1, fraction: $0.0)
    }
    return each + [pairedDifference(pairs.flatMap { $0 }, fraction: nil)]
  }

  private func scratchCurve(
    _ outcomes: [(run: FineTuningStage.Run, outcome: FineTuningStage.Outcome)]
  ) -> [Double] {
    let curves = outcomes.filter { $0.run.method == .scratch && $0.run.fraction == request.fractions.min() }
      .map(\.outcome.validationDice)
    guard let length = curves.map(\.count).min(), length > 0 else { return [] }
    return (0..<length).map { index in curves.reduce(0) { $0 + $1[index] } / Double(curves.count) }
  }

  private func describe(_ data: SliceData) -> String {
    let slabs = data.split.slabs.map { "\($0.part.rawValue) \($0.first)-\($0.last)" }.joined(separator: ", ")
    let window = "window \(data.window.lowerBound) ... \(data.window.upperBound)"
    return "slabs: \(slabs)\n\(window)\n\(TextTable(data.table))"
  }

  private func summary(_ report: Report) -> String {
    var rows = [["method", "labels", "Dice", "Jaccard", "HD95 mm", "ASSD mm", "missed"]]
    let groups = Set(report.results.map { "\($0.fraction) \($0.method)" }).sorted()
    for group in groups {
      let means = report.results.filter { "\($0.fraction) \($0.method)" == group && $0.class == "mean" }
      guard let first = means.first else { continue }
      rows.append([
        first.method, "\(Int((first.fraction * 100).rounded())) %", Spread(means.map(\.dice)).text(3),
        Spread(means.map(\.jaccard)).text(3), Spread(means.compactMap(\.hd95_mm)).text(2),
        Spread(means.compactMap(\.assd_mm)).text(2), "\(means.reduce(0) { $0 + $1.missed })",
      ])
    }
    let lines = report.differences.map { difference -> String in
      let name = difference.fraction.map { "\(Int(($0 * 100).rounded())) %" } ?? "all"
      let interval = difference.low.flatMap { low in
        difference.high.map { String(format: ", 95 %% interval %+.3f ... %+.3f", low, $0) }
      }
      let mean = String(format: "%+.3f", difference.mean)
      return "SuperCL - scratch, \(name), \(difference.pairs) pairs: \(mean)\(interval ?? "")"
    }
    return (["\(TextTable(rows))"] + lines).joined(separator: "\n")
  }
}

/// Mean and standard deviation as text.
struct Spread {
  let values: [Double]

  init(_ values: [Double]) { self.values = values }

  func text(_ digits: Int) -> String {
    guard !values.isEmpty else { return "-" }
    let mean = values.reduce(0, +) / Double(values.count)
    guard values.count > 1 else { return String(format: "%.\(digits)f", mean) }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    return String(format: "%.\(digits)f +- %.\(digits)f", mean, variance.squareRoot())
  }
}

/// Rows in columns of equal width.
struct TextTable: CustomStringConvertible {
  let rows: [[String]]

  init(_ rows: [[String]]) { self.rows = rows }

  var description: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, cell in cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      .joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
