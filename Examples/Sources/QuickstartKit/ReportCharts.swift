import Foundation
import RunKit

/// The curves of a report: small multiples with one axis, a line and a band for each method.
struct ReportCharts {
  typealias Outcomes = [(run: FineTuningStage.Run, outcome: FineTuningStage.Outcome)]

  let outcomes: Outcomes

  /// Colors that people with any color vision can tell apart (Okabe and Ito 2008), and a dash for print.
  private static func look(_ method: Method) -> (color: String, isDashed: Bool) {
    switch method {
    case .scratch: ("#d55e00", true)
    case .supercl: ("#0072b2", false)
    }
  }

  /// The loss of fine-tuning, a chart for each share of labels.
  func losses() -> String {
    panels(vertical: "loss (cross-entropy + Dice)") { outcome in
      let values = Self.smoothed(outcome.losses)
      let step = Double(outcome.losses.count) / Double(max(values.count, 1))
      return (values.indices.map { Double($0 + 1) * step }, values)
    }
  }

  /// The Dice of the validation part along fine-tuning, a chart for each share of labels.
  func validation() -> String {
    panels(vertical: "validation Dice (0 ... 1)") { outcome in
      (outcome.validationSteps.map(Double.init), outcome.validationDice)
    }
  }

  /// A chart for each share of labels, all with one vertical axis; in each, a line for the mean of a method's seeds and a
  /// band from the least to the most.
  private func panels(
    vertical: String, _ curve: (FineTuningStage.Outcome) -> (x: [Double], y: [Double])
  ) -> String {
    let fractions = Set(outcomes.map(\.run.fraction)).sorted()
    let charts = fractions.map { fraction -> (title: String, series: [LineChart.Series]) in
      let series = Method.allCases.compactMap { method -> LineChart.Series? in
        let curves = outcomes.filter { $0.run.fraction == fraction && $0.run.method == method }.map {
          curve($0.outcome)
        }
        let length = curves.map(\.y.count).min() ?? 0
        guard length > 0 else { return nil }
        let columns = (0..<length).map { index in curves.map { $0.y[index] } }
        let look = Self.look(method)
        return LineChart.Series(
          name: method.title, color: look.color, isDashed: look.isDashed,
          x: Array(curves[0].x.prefix(length)),
          y: columns.map { $0.reduce(0, +) / Double($0.count) },
          band: curves.count > 1 ? columns.map { ($0.min() ?? 0)...($0.max() ?? 0) } : [])
      }
      let seeds = Set(outcomes.filter { $0.run.fraction == fraction }.map(\.run.seed)).count
      let share = "\(Int((fraction * 100).rounded())) % of the labels"
      return ("\(share), \(seeds) \(seeds == 1 ? "seed" : "seeds")", series)
    }
    let range = LineChart.range(of: charts.flatMap(\.series))
    let drawn = charts.map {
      LineChart(title: $0.title, horizontal: "step", vertical: vertical, series: $0.series, range: range)
        .svg(width: 350, height: 250)
    }
    return "<div class=\"charts\">\(drawn.joined())</div>\(Self.legend(charts.flatMap(\.series)))"
  }

  /// The three terms of SuperCL's loss, each with an axis of its own.
  static func terms(_ pretraining: PretrainingStage.Outcome) -> String {
    let terms = [("instance", "L_ins"), ("intra", "L_intra (ILCP)"), ("inter", "L_inter (IGCP)")]
    let charts = terms.compactMap { name, title -> String? in
      guard let (x, y) = pretraining.smoothed(name) else { return nil }
      let series = LineChart.Series(name: title, color: look(.supercl).color, x: x, y: y)
      return LineChart(title: title, horizontal: "step", vertical: "loss (nats)", series: [series])
        .svg(width: 350, height: 230)
    }
    return "<div class=\"charts\">\(charts.joined())</div>"
  }

  /// The cosines of positive and of other pairs of images.
  static func similarities(_ pretraining: PretrainingStage.Outcome) -> String {
    let pairs = [
      ("positiveSimilarity", "positive pairs", "#009e73", true),
      ("negativeSimilarity", "other pairs: what counts", "#0072b2", false),
    ]
    let series = pairs.compactMap { key, name, color, isDashed -> LineChart.Series? in
      guard let (x, y) = pretraining.smoothed(key) else { return nil }
      return LineChart.Series(name: name, color: color, isDashed: isDashed, x: x, y: y)
    }
    guard let curves = LineChart.range(of: series) else { return "" }
    let chart = LineChart(
      title: "How alike images are to the network", horizontal: "step", vertical: "mean cosine (1: the same)",
      series: series, range: min(curves.lowerBound, 0.9)...1)
    return "<div class=\"charts\">\(chart.svg(width: 700, height: 260))</div>\(legend(series))"
  }

  /// Each name once.
  private static func legend(_ series: [LineChart.Series]) -> String {
    var seen: Set<String> = []
    let items = series.filter { seen.insert($0.name).inserted }
    let isBand = items.contains { !$0.band.isEmpty }
    return "<p class=\"key\">\(items.map(\.legend).joined())"
      + (isBand ? "line: mean over the seeds; band: from the least to the most" : "") + "</p>"
  }

  /// The mean over about a hundredth of a curve.
  static func smoothed(_ values: [Double]) -> [Double] {
    let window = max(1, values.count / 100)
    return stride(from: 0, to: values.count, by: window).map { start in
      let part = values[start..<min(start + window, values.count)].filter(\.isFinite)
      return part.isEmpty ? .nan : part.reduce(0, +) / Double(part.count)
    }
  }
}

extension PretrainingStage.Outcome {
  /// A term along the steps, smoothed; `nil` without one.
  func smoothed(_ name: String) -> (x: [Double], y: [Double])? {
    guard let index = termNames.firstIndex(of: name), !history.isEmpty else { return nil }
    let values = ReportCharts.smoothed(history.map { $0[index] ?? .nan })
    let step = Double(history.count) / Double(values.count)
    return (values.indices.map { Double($0 + 1) * step }, values)
  }
}

extension Method {
  /// The name for readers.
  var title: String {
    switch self {
    case .scratch: "scratch"
    case .supercl: "SuperCL"
    }
  }
}
