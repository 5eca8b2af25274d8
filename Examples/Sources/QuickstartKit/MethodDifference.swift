import Foundation
import Metrics
import Tensor

/// SuperCL minus scratch with one share of the labels: mean test Dice, paired by seed, which decides the labelled slices,
/// the first weights, and the pre-training.
struct MethodDifference: Codable, Sendable {
  let fraction: Double
  let seeds: [UInt64]
  /// Of each seed's pair.
  let differences: [Double]
  let mean: Double
  /// The share of resampled means between ``low`` and ``high``.
  let level: Double?
  /// The interval of the mean by bootstrap (`PairedComparison`); null with one pair and in a quick run, whose networks
  /// are untrained.
  let low: Double?
  let high: Double?
  /// Of the Wilcoxon signed-rank test; null where there is no interval, and where no pair differs.
  let p_value: Double?

  /// Compares the runs of both methods; `nil` without a seed that has both.
  init?(_ outcomes: ReportCharts.Outcomes, fraction: Double, kind: Report.Kind) {
    func dice(_ method: Method) -> [UInt64: Double] {
      let runs = outcomes.filter { $0.run.method == method && $0.run.fraction == fraction }
      return Dictionary(runs.map { ($0.run.seed, $0.outcome.test.mean.dice) }) { first, _ in first }
    }
    let (scratch, supercl) = (dice(.scratch), dice(.supercl))
    let seeds = scratch.keys.filter { supercl[$0] != nil }.sorted()
    // A stream of its own: the interval depends on the scores alone.
    var generator = RandomKey(seed: 1).stream(for: "paired comparison").generator
    let comparison = PairedComparison(
      first: seeds.map { scratch[$0] }, second: seeds.map { supercl[$0] }, using: &generator)
    guard let mean = comparison.meanDifference else { return nil }
    self.fraction = fraction
    self.seeds = seeds
    differences = comparison.differences
    self.mean = mean
    let interval = kind == .full ? comparison.interval : nil
    (level, low, high) = (interval?.level, interval?.lowerBound, interval?.upperBound)
    p_value = interval == nil ? nil : comparison.test?.pValue
  }

  /// The interval in words; `nil` without one.
  var interval: String? {
    guard let low, let high else { return nil }
    return String(format: "%+.3f ... %+.3f", low, high)
  }

  /// What to hold of intervals over so few pairs; `nil` for ten and more, and where there is no interval.
  static func caution(_ differences: [MethodDifference]) -> String? {
    let shown = differences.filter { $0.low != nil }
    guard let fewest = shown.map(\.differences.count).min(), fewest < 10 else { return nil }
    return "A bootstrap over \(fewest) pairs is narrower than chance is, and their signed-rank p is at least "
      + String(format: "%g", 2 / pow(2, Double(fewest))) + ": a difference is shown by many seeds, not by few"
  }
}
