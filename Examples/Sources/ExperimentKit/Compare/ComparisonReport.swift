import Foundation
import Metrics
import RunKit

/// Tables, figures and page of `compare`.
struct ComparisonReport {
  private let settings: ExperimentSettings
  private let outcomes: [ComparisonOutcome]
  private let claims: [Claim]

  init(_ settings: ExperimentSettings, _ outcomes: [ComparisonOutcome]) {
    (self.settings, self.outcomes) = (settings, outcomes)
    claims = outcomes.flatMap { Claim.all(of: $0, baselines: settings.compare.baselines) }
  }

  func write(to folder: ExperimentFolder) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try folder.write(
      String(decoding: encoder.encode(claims), as: UTF8.self) + "\n", to: "compare-claims.json")
    try folder.write(
      "# Dice on the test side\n\n" + ExperimentPage.markdown(scores) + "\n# Claims\n\n"
        + ExperimentPage.markdown(differences), to: "compare.md")
    let charts = ComparisonCharts(outcomes: outcomes)
    for (name, svg) in charts.curves { try folder.write(svg.standaloneSVG, to: "compare-\(name).svg") }
    if !claims.isEmpty { try folder.write(forest.standaloneSVG, to: "compare-claims.svg") }
    try folder.write(page(charts).html, to: "compare.html")
  }

  private func page(_ charts: ComparisonCharts) -> ExperimentPage {
    var page = ExperimentPage(
      title: "What pre-training gives",
      question:
        "Does pre-training raise Dice with few labelled patients, by how much, and when in the training?")
    page.notes = outcomes.flatMap(\.data.notes) + [Claim.caution(claims)].compactMap(\.self)
    page.sections = [
      ("Dice on the test side", ExperimentPage.table(scores)),
      (
        "Differences",
        "<p>Each method minus a baseline. A pair has one seed: the labelled patients, the first weights and the pre-training go by it. "
          + "Interval: bootstrap over seeds and patients, the same draws for both. p: from the same draws, by Holm for all claims of a cell. "
          + "Steps: to the baseline's last Dice, as a share of the budget, in the middle of the seeds that reach it.</p>"
          + "<div class=\"charts\">\(forest)</div>" + ExperimentPage.table(differences)
      ),
      (
        "Along the training",
        "<div class=\"charts\">\(charts.curves.map(\.svg).joined())</div>\(charts.legend)"
      ),
      (
        "How schedules were chosen",
        choices.count > 1
          ? "<p>The mean over the search seeds of Dice on the validation side, with the fewest labels. The test side was scored once a run, with the chosen schedule.</p>"
            + ExperimentPage.table(choices)
          : "<p>Every protocol has one schedule: nothing was searched.</p>"
      ),
      ("Pre-training", ExperimentPage.table(pretrainings)),
    ]
    return page
  }

  private var forest: String {
    IntervalChart(
      title: "Method minus baseline",
      horizontal: "difference of Dice on the test side (dot: a seed; bar: 95 % interval)",
      rows: claims.map {
        .init(
          label: "\($0.cell): \($0.method) - \($0.baseline)", values: $0.dice.differences, mean: $0.dice.mean,
          low: $0.dice.low, high: $0.dice.high)
      }
    ).svg(width: 900)
  }

  // MARK: Tables

  private var scores: [[String]] {
    var rows = [
      ["data", "protocol", "steps", "labels", "method", "seeds", "Dice", "mean Dice along", "frozen probe"]
    ]
    for outcome in outcomes {
      var seen: Set<String> = []
      for tuning in outcome.tunings {
        let key = "\(tuning.training) \(tuning.budget) \(tuning.fraction) \(tuning.name)"
        guard seen.insert(key).inserted else { continue }
        let all = outcome.tunings.filter {
          $0.training == tuning.training && $0.budget == tuning.budget && $0.fraction == tuning.fraction
            && $0.name == tuning.name
        }
        let probes = outcome.probes.filter { $0.name == tuning.name && $0.fraction == tuning.fraction }
        rows.append([
          outcome.data.identity.name, tuning.training, "\(tuning.budget)", Self.percent(tuning.fraction),
          tuning.name, "\(all.count)",
          Self.spread(all.map { PatientCounts.pooledDice($0.row.result.patients) }),
          Self.spread(all.map(\.row.result.curve.meanScore)),
          Self.spread(probes.map { PatientCounts.pooledDice($0.row.result.patients) }),
        ])
      }
    }
    return rows
  }

  private var differences: [[String]] {
    [
      [
        "data", "protocol", "steps", "labels", "difference", "pairs", "Dice", "interval", "p (Holm)",
        "mean Dice along", "interval", "frozen probe", "steps to baseline", "reached",
      ]
    ]
      + claims.map { claim in
        let reached = claim.stepsToBaseline.compactMap(\.self)
        return [
          claim.data, claim.training, "\(claim.budget)", Self.percent(claim.fraction),
          "\(claim.method) - \(claim.baseline)", "\(claim.dice.differences.count)",
          Self.signed(claim.dice.mean),
          Self.interval(claim.dice.low, claim.dice.high),
          claim.adjustedPValue.map { String(format: "%.3f", $0) } ?? "-",
          claim.area.mean.map(Self.signed) ?? "-", Self.interval(claim.area.low, claim.area.high),
          claim.probe.map { Self.signed($0.mean) } ?? "-",
          SampleStatistics(reached).median.map { String(format: "%.2f", $0) } ?? "-",
          "\(reached.count) of \(claim.stepsToBaseline.count)",
        ]
      }
  }

  private var choices: [[String]] {
    [["data", "protocol", "steps", "method", "schedule", "validation Dice", ""]]
      + outcomes.flatMap { outcome in
        outcome.choices.map { choice in
          [
            outcome.data.identity.name, choice.training, "\(choice.budget)", choice.name,
            "\(choice.schedule)", String(format: "%.3f", choice.dice), choice.isChosen ? "chosen" : "",
          ]
        }
      }
  }

  private var pretrainings: [[String]] {
    [["data", "method", "seed", "slices", "steps", "spread of features", "warnings", "seconds"]]
      + outcomes.flatMap { outcome in
        outcome.pretrainings.map { item in
          let result = item.row.result
          let warnings = result.warnings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value) steps" }
          return [
            outcome.data.identity.name, item.name, "\(item.seed)", "\(result.images)", "\(result.steps)",
            String(format: "%.3f", result.spread),
            warnings.isEmpty ? "none" : warnings.joined(separator: ", "),
            String(format: "%.0f", item.row.seconds),
          ]
        }
      }
  }

  // MARK: Numbers

  static func percent(_ share: Double) -> String { String(format: "%g %%", 100 * share) }
  private static func signed(_ value: Double) -> String { String(format: "%+.3f", value) }

  private static func interval(_ low: Double?, _ high: Double?) -> String {
    guard let low, let high else { return "-" }
    return "\(signed(low)) ... \(signed(high))"
  }

  private static func spread(_ values: [Double]) -> String {
    let statistics = SampleStatistics(values)
    guard let mean = statistics.mean else { return "-" }
    let deviation = statistics.standardDeviation.map { String(format: " +- %.3f", $0) } ?? ""
    return String(format: "%.3f", mean) + deviation
  }
}
