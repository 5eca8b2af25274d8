import ExampleSupport
import Foundation
import RunKit
import Tensor

/// What a run says of itself: the report's figures, and the lines on the terminal.
extension QuickstartRun {
  var kind: Report.Kind { request.isQuick ? .quick : .full }

  func report(
    _ data: SliceData, stages: [Report.Stage], superpixels: SuperpixelStage.Outcome,
    pretraining: [PretrainingStage.Outcome], search: [Report.Choice], outcomes: ReportCharts.Outcomes
  ) -> Report {
    Report(
      kind: kind,
      note:
        "Slices of one volume: train, validation and test are slabs of it, \(settings.droppedSlices) slices "
        + "dropped at every border; pre-training and the intensity window saw training slices alone.",
      notes: data.notes,
      settings: settings, window: [data.window.lowerBound, data.window.upperBound], classes: data.classNames,
      split: data.split.slabs,
      voxels: Dictionary(
        uniqueKeysWithValues: zip(data.classNames.dropFirst(), data.voxels).map { name, counts in
          (name, Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) }))
        }),
      stages: stages, superpixels: superpixels, pretraining: pretraining,
      spread: pretraining.compactMap { SpreadOfEmbeddings($0) },
      search: search,
      results: outcomes.flatMap { item in
        (item.outcome.test.classes + [item.outcome.test.mean]).map { Report.Row(item.run, $0) }
      },
      differences: request.fractions.compactMap { MethodDifference(outcomes, fraction: $0, kind: kind) },
      scratch_curve: scratchCurve(outcomes))
  }

  private func scratchCurve(_ outcomes: ReportCharts.Outcomes) -> [Double] {
    let curves = outcomes.filter { $0.run.method == .scratch && $0.run.fraction == request.fractions.min() }
      .map(\.outcome.validationDice)
    guard let length = curves.map(\.count).min(), length > 0 else { return [] }
    return (0..<length).map { index in curves.reduce(0) { $0 + $1[index] } / Double(curves.count) }
  }

  func describe(_ data: SliceData) -> String {
    let slabs = data.split.slabs.map { "\($0.part.rawValue) \($0.first)-\($0.last)" }.joined(separator: ", ")
    let window = "window \(data.window.lowerBound) ... \(data.window.upperBound)"
    return "slabs: \(slabs)\n\(window)\n\(TextTable(data.table))"
  }

  func summary(_ report: Report) -> String {
    var rows = [["method", "labels", "Dice", "Jaccard", "HD95 mm", "ASSD mm", "missed"]]
    let groups = Set(report.results.map { "\($0.fraction) \($0.method)" }).sorted()
    for group in groups {
      let means = report.results.filter { "\($0.fraction) \($0.method)" == group && $0.class == "mean" }
      guard let first = means.first else { continue }
      rows.append([
        first.method, first.fraction.percent, Spread(means.map(\.dice), kind).text(3),
        Spread(means.map(\.jaccard), kind).text(3), Spread(means.compactMap(\.hd95_mm), kind).text(2),
        Spread(means.compactMap(\.assd_mm), kind).text(2), "\(means.reduce(0) { $0 + $1.missed })",
      ])
    }
    let lines = report.differences.map { item in
      let interval = item.interval.map { ", \((item.level ?? 0).percent) interval \($0)" }
      let p = item.p_value.map { String(format: ", p %.3f", $0) }
      return "SuperCL - scratch, \(item.fraction.percent), \(item.differences.count) pairs: "
        + String(format: "%+.3f", item.mean) + (interval ?? "") + (p ?? "")
    }
    let caution = MethodDifference.caution(report.differences)
    return (["\(TextTable(rows))"] + lines + [caution].compactMap(\.self) + report.spread.map(\.sentence))
      .joined(separator: "\n")
  }
}
