import ExampleSupport
import Foundation
import RunKit
import Tensor

/// What a run says of itself: the report's figures, and the lines on the terminal.
extension QuickstartRun {
  var kind: Report.Kind { request.isQuick ? .quick : .full }

  func report(
    _ data: SliceData, stages: [Report.Stage], superpixels: SuperpixelStage.Outcome,
    pretraining: PretrainingStage.Outcome?, search: [Report.Choice], outcomes: ReportCharts.Outcomes
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
      stages: stages, superpixels: superpixels, pretraining: pretraining, spread: pretraining?.spread,
      search: search,
      results: outcomes.flatMap { item in
        (item.outcome.test.classes + [item.outcome.test.mean]).map { Report.Row(item.run, $0) }
      },
      differences: differences(outcomes), scratch_curve: scratchCurve(outcomes))
  }

  private func differences(_ outcomes: ReportCharts.Outcomes) -> [Report.Difference] {
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
      pairedDifference($0.1, fraction: $0.0, kind: kind)
    }
    return each + [pairedDifference(pairs.flatMap { $0 }, fraction: nil, kind: kind)]
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
        first.method, "\(Int((first.fraction * 100).rounded())) %", Spread(means.map(\.dice), kind).text(3),
        Spread(means.map(\.jaccard), kind).text(3), Spread(means.compactMap(\.hd95_mm), kind).text(2),
        Spread(means.compactMap(\.assd_mm), kind).text(2), "\(means.reduce(0) { $0 + $1.missed })",
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
    return (["\(TextTable(rows))"] + lines + [report.spread?.sentence].compactMap(\.self))
      .joined(separator: "\n")
  }
}
