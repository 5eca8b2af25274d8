import Foundation
import Metrics
import RunKit

/// Dice against steps: a chart for each data set, protocol, budget and share of labels, with a line for each method.
struct ComparisonCharts {
  let outcomes: [ComparisonOutcome]

  /// Colors that people with any color vision can tell apart (Okabe and Ito 2008).
  private static let colors = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a7a00", "#5b6775", "#1d2733",
  ]

  private var names: [String] {
    var names: [String] = []
    for name in outcomes.flatMap(\.tunings).map(\.name) where !names.contains(name) { names.append(name) }
    return names
  }

  /// Names for files, with the charts.
  var curves: [(name: String, svg: String)] {
    outcomes.flatMap { outcome in
      let cells = Dictionary(grouping: outcome.tunings) { "\($0.training) \($0.budget) \($0.fraction)" }
      return cells.keys.sorted().compactMap { key -> (name: String, svg: String)? in
        guard let tunings = cells[key], let first = tunings.first else { return nil }
        let data = outcome.data.identity.name
        let seeds = Set(tunings.map(\.seed)).count
        let chart = LineChart(
          title: "\(data), \(first.training), \(StudyReport.percent(first.fraction)) labelled, "
            + "\(seeds) \(seeds == 1 ? "seed" : "seeds")",
          horizontal: "step", vertical: "Dice on the scored side", series: series(tunings))
        let place = "\(data)-\(first.training)-\(first.budget)-\(Int((100 * first.fraction).rounded()))"
        return (
          place.lowercased().replacingOccurrences(of: " ", with: "-"), chart.svg(width: 440, height: 290)
        )
      }
    }
  }

  /// The names with their colours, once.
  var legend: String {
    let items = names.map {
      LineChart.Series(name: $0, color: color($0), isDashed: isDashed($0), x: [], y: [])
    }
    return
      "<p class=\"key\">\(items.map(\.legend).joined()) line: mean over the seeds; band: from the least to the most</p>"
  }

  private func color(_ name: String) -> String {
    Self.colors[(names.firstIndex(of: name) ?? 0) % Self.colors.count]
  }

  /// Without pre-training, and where the colors begin again.
  private func isDashed(_ name: String) -> Bool {
    name == "Scratch" || (names.firstIndex(of: name) ?? 0) >= Self.colors.count
  }

  private func series(_ tunings: [ComparisonOutcome.Tuning]) -> [LineChart.Series] {
    names.compactMap { name in
      let curves = tunings.filter { $0.name == name }.map(\.row.result.curve)
      guard let first = curves.first else { return nil }
      let columns = first.scores.indices.map { index in
        curves.compactMap { index < $0.scores.count ? $0.scores[index] : nil }
      }
      return LineChart.Series(
        name: name, color: color(name), isDashed: isDashed(name), x: first.steps.map(Double.init),
        y: columns.map { SampleStatistics($0).mean ?? .nan },
        band: curves.count > 1 ? columns.map { (least: $0.min() ?? .nan, most: $0.max() ?? .nan) } : [])
    }
  }
}
