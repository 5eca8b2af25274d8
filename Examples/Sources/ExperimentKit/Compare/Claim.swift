import Foundation
import Metrics
import Tensor

/// One difference that a reader may take for a finding: a method minus a baseline in one cell.
package struct Claim: Codable, Sendable {
  package let data: String
  package let training: String
  package let budget: Int
  package let fraction: Double
  package let method: String
  package let baseline: String
  /// Of Dice on the test side at the end.
  package let dice: CrossedComparison
  /// The p-value of ``dice``, corrected by Holm for all claims of its cell; `nil` without an interval.
  package var adjustedPValue: Double?
  /// Of the mean Dice along the training (the area under the curve), paired by seed: mean and interval.
  package let area: PairedFigures
  /// Of Dice of the linear classifier on the frozen encoder.
  package let probe: CrossedComparison?
  /// The p-value of ``probe``, corrected by Holm for the claims of its cell.
  package var adjustedProbePValue: Double?
  /// Steps to the baseline's Dice at its end as a share of the budget, of each seed; null where it is not reached.
  package let stepsToBaseline: [Double?]

  /// What was found, in words that can be put into a page as they stand.
  var sentence: String {
    let found = String(format: "%+.3f", dice.mean)
    let interval =
      dice.low.flatMap { low in dice.high.map { String(format: " (95 %% %+.3f ... %+.3f)", low, $0) } } ?? ""
    let pairs = "\(dice.differences.count) \(dice.differences.count == 1 ? "pair" : "pairs")"
    let p = adjustedPValue.map { String(format: ", p %.3f by Holm", $0) } ?? ""
    return
      "\(data), \(training), \(budget) steps, \(StudyReport.percent(fraction)) of the patients labelled: "
      + "\(method) - \(baseline): Dice \(found)\(interval), \(pairs)\(p)"
  }

  /// The p-value of the probe's difference, by which Holm's correction goes.
  private var probePValue: Double? { probe?.pValue }

  /// The cell: claims of one cell are one family.
  var cell: String { "\(data) \(training) \(budget) \(fraction)" }

  /// All claims of an outcome, corrected cell by cell.
  static func all(of outcome: ComparisonOutcome, baselines: [String]) -> [Claim] {
    var claims: [Claim] = []
    let cells = Dictionary(grouping: outcome.tunings) { "\($0.training) \($0.budget) \($0.fraction)" }
    for cell in cells.keys.sorted() {
      let tunings = cells[cell] ?? []
      var names: [String] = []
      for tuning in tunings where !names.contains(tuning.name) { names.append(tuning.name) }
      var family: [Claim] = []
      for baseline in baselines where names.contains(baseline) {
        // Of two baselines the difference is claimed once.
        let earlier = baselines.prefix { $0 != baseline }
        for name in names where name != baseline && !earlier.contains(name) {
          if let claim = Claim(name, minus: baseline, tunings, outcome) { family.append(claim) }
        }
      }
      HolmCorrection.adjust(&family, \.dice.pValue, to: \.adjustedPValue)
      HolmCorrection.adjust(&family, \.probePValue, to: \.adjustedProbePValue)
      claims += family
    }
    return claims
  }

  private init?(
    _ method: String, minus baseline: String, _ tunings: [ComparisonOutcome.Tuning],
    _ outcome: ComparisonOutcome
  ) {
    func results(_ name: String) -> [UInt64: FineTuningRun.Result] {
      Dictionary(tunings.filter { $0.name == name }.map { ($0.seed, $0.row.result) }) { first, _ in first }
    }
    let (first, second) = (results(baseline), results(method))
    guard
      let dice = CrossedComparison(
        first: first.mapValues(\.patients), second: second.mapValues(\.patients)), let cell = tunings.first
    else { return nil }
    (data, training, budget) = (outcome.data.identity.name, cell.training, cell.budget)
    (fraction, self.method, self.baseline, self.dice) = (cell.fraction, method, baseline, dice)
    area = PairedFigures(
      first: dice.seeds.compactMap { first[$0]?.curve.meanScore },
      second: dice.seeds.compactMap { second[$0]?.curve.meanScore })
    func probes(_ name: String) -> [UInt64: [PatientCounts]] {
      let found = outcome.probes.filter { $0.name == name && $0.fraction == cell.fraction }
      return Dictionary(found.map { ($0.seed, $0.row.result.patients) }) { first, _ in first }
    }
    probe = CrossedComparison(first: probes(baseline), second: probes(method))
    stepsToBaseline = dice.seeds.map { seed in
      guard let target = first[seed]?.curve.last else { return nil }
      return second[seed]?.curve.steps(toReach: target).map { $0 / Double(cell.budget) }
    }
  }

  /// What to hold of intervals over few pairs; `nil` for twelve and more.
  static func caution(_ claims: [Claim]) -> String? {
    guard let fewest = claims.map(\.dice.differences.count).min(), fewest < 12 else { return nil }
    return
      "The least number of pairs is \(fewest). A bootstrap over so few is narrower than chance is: twelve are wanted "
      + "before a difference is believed"
  }
}

/// Paired differences by seed: mean, and interval by bootstrap where there are two pairs.
package struct PairedFigures: Codable, Sendable {
  package let differences: [Double]
  package let mean: Double?
  package let low: Double?
  package let high: Double?

  init(first: [Double], second: [Double]) {
    var generator = RandomKey(seed: 1).stream(for: "paired figures").generator
    let comparison = PairedComparison(first: first, second: second, using: &generator)
    differences = comparison.differences
    mean = comparison.meanDifference
    (low, high) = (comparison.interval?.lowerBound, comparison.interval?.upperBound)
  }
}
