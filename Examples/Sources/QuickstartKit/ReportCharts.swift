import Foundation
import Metrics
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
        let look = Self.look(method)
        return LineChart.Series(
          meanOf: curves, name: method.title, color: look.color, isDashed: look.isDashed)
      }
      let seeds = Set(outcomes.filter { $0.run.fraction == fraction }.map(\.run.seed)).count
      return ("\(fraction.percent) of the labels, \(seeds) \(seeds == 1 ? "seed" : "seeds")", series)
    }
    let range = LineChart.range(of: charts.flatMap(\.series))
    let drawn = charts.map {
      LineChart(title: $0.title, horizontal: "step", vertical: vertical, series: $0.series, range: range)
        .svg(width: 350, height: 250)
    }
    return "<div class=\"charts\">\(drawn.joined())</div>\(Self.legend(charts.flatMap(\.series)))"
  }

  /// The difference of the methods, a row for each share of labels.
  static func differences(_ differences: [MethodDifference]) -> String {
    let level = differences.lazy.compactMap(\.level).first.map { "; bar: the mean's \($0.percent) interval" }
    let chart = IntervalChart(
      title: "SuperCL minus scratch", horizontal: "difference of mean test Dice (dot: a seed\(level ?? ""))",
      vertical: "labels",
      rows: differences.map {
        .init(
          label: $0.fraction.percent, values: $0.differences, mean: $0.mean, low: $0.low, high: $0.high)
      }, color: look(.supercl).color, rowHeight: 44)
    return "<div class=\"charts\">\(chart.svg(width: 700))</div>"
  }

  /// The three terms of SuperCL's loss, each with an axis of its own.
  static func terms(_ pretraining: [PretrainingStage.Outcome]) -> String {
    let terms = [("instance", "L_ins"), ("intra", "L_intra (ILCP)"), ("inter", "L_inter (IGCP)")]
    let charts = terms.compactMap { name, title -> String? in
      guard let series = course(pretraining, name, title, look(.supercl).color) else { return nil }
      return LineChart(title: title, horizontal: "step", vertical: "loss (nats)", series: [series])
        .svg(width: 350, height: 230)
    }
    return "<div class=\"charts\">\(charts.joined())</div>"
  }

  /// How far the embeddings are spread, and the cosines of positive and of other pairs of images.
  static func embeddings(_ pretraining: [PretrainingStage.Outcome]) -> String {
    let spread = course(pretraining, "spread", "spread: what counts", look(.supercl).color)
    let pairs = [
      course(pretraining, "positiveSimilarity", "positive pairs", "#009e73", isDashed: true),
      course(pretraining, "negativeSimilarity", "other pairs", "#cc79a7"),
    ].compactMap(\.self)
    var charts: [String] = []
    if let spread, let curve = LineChart.range(of: [spread]) {
      charts.append(
        LineChart(
          title: "How far apart images lie", horizontal: "step", vertical: "spread (0: a collapse)",
          series: [spread], range: 0...max(curve.upperBound, 0.1)
        ).svg(width: 350, height: 250))
    }
    if let curves = LineChart.range(of: pairs) {
      charts.append(
        LineChart(
          title: "How alike pairs are", horizontal: "step", vertical: "mean cosine (1: the same)",
          series: pairs, range: min(curves.lowerBound, 0.9)...1
        ).svg(width: 350, height: 250))
    }
    return "<div class=\"charts\">\(charts.joined())</div>\(legend([spread].compactMap(\.self) + pairs))"
  }

  /// A term of pre-training, as the mean over the seeds.
  private static func course(
    _ pretraining: [PretrainingStage.Outcome], _ term: String, _ name: String, _ color: String,
    isDashed: Bool = false
  ) -> LineChart.Series? {
    LineChart.Series(
      meanOf: pretraining.compactMap { $0.smoothed(term) }, name: name, color: color, isDashed: isDashed)
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

extension LineChart.Series {
  /// The mean of curves over the seeds, as far as all of them go, with a band from the least to the most; `nil` without a
  /// value.
  fileprivate init?(
    meanOf curves: [(x: [Double], y: [Double])], name: String, color: String, isDashed: Bool = false
  ) {
    let length = curves.map(\.y.count).min() ?? 0
    guard length > 0 else { return nil }
    let columns = (0..<length).map { index in curves.map(\.y[index]).filter(\.isFinite) }
    self.init(
      name: name, color: color, isDashed: isDashed, x: Array(curves[0].x.prefix(length)),
      y: columns.map { SampleStatistics($0).mean ?? .nan },
      band: curves.count > 1 ? columns.map { (least: $0.min() ?? .nan, most: $0.max() ?? .nan) } : [])
  }
}

extension PretrainingStage.Outcome {
  /// A term along the steps, smoothed; `nil` without one.
  fileprivate func smoothed(_ name: String) -> (x: [Double], y: [Double])? {
    guard let all = values(of: name) else { return nil }
    let values = ReportCharts.smoothed(all)
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

extension Double {
  /// A share as a whole number of hundredths.
  var percent: String { "\(Int((self * 100).rounded())) %" }
}
