import Contrastive
import ExampleSupport
import Foundation
import MedIO
public import RunKit
import Tensor

/// The whole road: data, superpixels, pre-training, fine-tuning, scores, report.
public struct QuickstartRun {
  let request: RunRequest
  let settings: Settings
  let folder: OutputFolder
  let progress: RunProgress

  /// - Throws: ``ExampleFailure`` for settings that cannot be read, and when the output folder cannot be used.
  public init(_ request: RunRequest, resuming: Bool, progress: RunProgress) throws {
    self.request = request
    self.progress = progress
    let base = request.isQuick ? Settings.quick : Settings()
    settings = try request.settings.map { try base.replacing(from: $0, path: request.settingsPath) } ?? base
    folder = try OutputFolder(
      request.output, resuming: resuming, fingerprint: RunFingerprint(request, settings))
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
    if let warning = kind.warning { progress.note("This is \(warning).") }
    let data = try stage("reading \(request.image.lastPathComponent)") {
      try SliceData(request, settings: settings, cachedIn: folder.stateFile("slices"))
    }
    for note in data.notes { progress.warn(note) }
    progress.note(describe(data))
    let pretrainer = PretrainingStage(data: data, settings: settings)
    let method = try pretrainer.method(seed: 1)
    let superpixels = try stage("superpixels") {
      try SuperpixelStage(data: data, segmentCount: method.segmentCount, view: request.view).run(
        in: folder, progress: progress)
    }
    var pretraining: [PretrainingStage.Outcome] = []
    if request.methods.contains(.supercl) {
      pretraining = try stage(
        "pre-training with SuperCL for each seed, ILCP on \(method.intraLevel), \(method.segmentCount) segments"
      ) {
        try SideBySide.map(request.seeds) { [folder, progress] seed in
          try pretrainer.run(seed: seed, in: folder, progress: progress)
        }
      }
    }
    for warning in pretraining.flatMap(\.sentences) { progress.warn(warning) }
    let tuning = FineTuningStage(data: data, settings: settings, folder: folder, progress: progress)
    let (chosen, search) = try stage("choosing each method's schedule on the validation part") {
      try chooseSchedules(tuning)
    }
    var outcomes = try stage("fine-tuning") { try train(fineTunings(chosen), by: tuning) }
    outcomes += try stage("the ceiling: scratch with all labels") { try train(ceiling(chosen), by: tuning) }
    let pictures = try stage("pictures and predicted labels") {
      try ResultPictures(data: data, tuning: tuning, folder: folder, view: request.view).write(
        outcomes.map(\.run))
    }
    let report = report(
      data, stages: stages, superpixels: superpixels, pretraining: pretraining, search: search,
      outcomes: outcomes)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try folder.write(encoder.encode(report), to: "report.json")
    let page = ReportPage(
      report: report, charts: ReportCharts(outcomes: outcomes), pictures: pictures, folder: folder,
      view: request.view)
    try folder.write(Data(page.html().utf8), to: "report.html")
    progress.note(summary(report))
    if let warning = kind.warning { progress.note("This was \(warning).") }
    progress.note("report: \(folder.file("report.html").path)")
  }

  /// Every share of the labels with every seed and method, each by the schedule that was chosen for it.
  private func fineTunings(_ chosen: [Method: Int]) -> [FineTuningStage.Run] {
    request.fractions.flatMap { fraction in
      request.seeds.flatMap { seed in
        request.methods.map { method in
          FineTuningStage.Run(
            method: method, fraction: fraction, seed: seed, candidate: chosen[method] ?? 0)
        }
      }
    }
  }

  /// Scratch with all labels and the first seed, unless that is among the shares.
  private func ceiling(_ chosen: [Method: Int]) -> [FineTuningStage.Run] {
    guard request.methods.contains(.scratch), !request.fractions.contains(1) else { return [] }
    return request.seeds.prefix(1).map {
      FineTuningStage.Run(method: .scratch, fraction: 1, seed: $0, candidate: chosen[.scratch] ?? 0)
    }
  }

  private func train(
    _ runs: [FineTuningStage.Run], by tuning: FineTuningStage
  ) throws -> ReportCharts.Outcomes {
    try SideBySide.map(runs) { [progress] run in
      try progress.checkInterruption()
      let outcome = try tuning.outcome(of: run)
      progress.note("  \(run.name): test Dice \(String(format: "%.3f", outcome.test.mean.dice))")
      return (run, outcome)
    }
  }

  /// Every method tries every schedule with the fewest labels and the first seed; the best validation Dice wins, for all seeds
  /// and shares of the labels.
  private func chooseSchedules(_ tuning: FineTuningStage) throws -> (
    chosen: [Method: Int], search: [Report.Choice]
  ) {
    guard let fraction = request.fractions.min(), let seed = request.seeds.first else { return ([:], []) }
    let tried = request.methods.flatMap { method in
      settings.candidates.indices.map {
        FineTuningStage.Run(method: method, fraction: fraction, seed: seed, candidate: $0)
      }
    }
    let scores = try SideBySide.map(tried) { [progress] run in
      try progress.checkInterruption()
      return try tuning.outcome(of: run).finalValidationDice
    }
    var chosen: [Method: Int] = [:]
    var search: [Report.Choice] = []
    for method in request.methods {
      let trials = zip(tried, scores).filter { $0.0.method == method }
      guard let best = trials.max(by: { ($0.1, $1.0.candidate) < ($1.1, $0.0.candidate) }) else { continue }
      chosen[method] = best.0.candidate
      search += trials.map { run, dice in
        .init(
          method: method.rawValue, candidate: "\(settings.candidates[run.candidate])", validation_dice: dice,
          chosen: run == best.0)
      }
      progress.note(
        "  \(method.rawValue): \(settings.candidates[best.0.candidate]) (validation Dice \(String(format: "%.3f", best.1)))"
      )
    }
    return (chosen, search)
  }
}
