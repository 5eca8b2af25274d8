import Foundation
import Metrics
import RunKit

/// Tables, figures and page of a study.
struct StudyReport {
  private let study: Study
  private let outcomes: [ComparisonOutcome]
  private let claims: [Claim]
  private let costs: StudySection?

  init(_ study: Study, _ outcomes: [ComparisonOutcome], costs: StudySection?) {
    (self.study, self.outcomes, self.costs) = (study, outcomes, costs)
    claims = outcomes.flatMap { Claim.all(of: $0, baselines: study.comparison.baselines) }
  }

  private var title: String { "Dice on the \(study.comparison.scored) side" }

  func write(to folder: ExperimentFolder) throws {
    let name = study.name
    try folder.writeClaims(claims.map { ($0, $0.sentence) }, of: name)
    let own = study.sections(outcomes) + [costs].compactMap(\.self)
    try folder.write(
      "# \(title)\n\n" + ExperimentPage.markdown(scores) + "\n# Claims\n\n"
        + ExperimentPage.markdown(differences) + "\n" + claims.map { "- \($0.sentence)\n" }.joined()
        + own.filter { !$0.table.isEmpty }.map { "\n# \($0.heading)\n\n\(ExperimentPage.markdown($0.table))" }
        .joined(), to: "\(name).md")
    let charts = ComparisonCharts(outcomes: outcomes)
    for (place, svg) in charts.curves + own.flatMap(\.figures) {
      try folder.write(svg.standaloneSVG, to: "\(name)-\(place).svg")
    }
    try folder.write(scoreChart.standaloneSVG, to: "\(name)-scores.svg")
    if !claims.isEmpty {
      try folder.write(forest.standaloneSVG, to: "\(name)-claims.svg")
      try folder.write(probeForest.standaloneSVG, to: "\(name)-probes.svg")
    }
    try folder.write(page(charts, own).html, to: "\(name).html")
  }

  private func page(_ charts: ComparisonCharts, _ own: [StudySection]) -> ExperimentPage {
    var page = ExperimentPage(title: study.title, question: study.question)
    page.notes = study.notes + outcomes.flatMap(\.data.notes) + [Claim.caution(claims)].compactMap(\.self)
    page.sections.append((title, "<div class=\"charts\">\(scoreChart)</div>" + ExperimentPage.table(scores)))
    for section in own { page.sections.append((section.heading, Self.body(of: section))) }
    page.sections += [
      (
        "Differences",
        "<p>Each method minus a baseline. A pair has one seed: the labelled patients, the first weights and the pre-training go by it. "
          + "Interval: bootstrap over seeds and patients, the same draws for both; with few pairs it is too narrow. p: the larger one of the draws' and of a paired t-test over seeds, by Holm for all claims of a cell. "
          + "Steps: to the baseline's last Dice, as a share of the budget, in the middle of the seeds that reach it.</p>"
          + "<div class=\"charts\">\(forest)\(probeForest)</div>" + ExperimentPage.table(differences)
          + "<ul>\(claims.map { "<li>\($0.sentence.asMarkup)</li>" }.joined())</ul>"
      ),
      (
        "Along the training",
        "<div class=\"charts\">\(charts.curves.map(\.svg).joined())</div>\(charts.legend)"
      ),
      (
        "How schedules were chosen",
        choices.count > 1
          ? "<p>The mean over the search seeds of Dice on the validation side, with the fewest labels. The scored side was scored once a run, with the chosen schedule.</p>"
            + ExperimentPage.table(choices)
          : "<p>Every protocol has one schedule: nothing was searched.</p>"
      ),
      ("Pre-training", ExperimentPage.table(pretrainings)),
    ]
    return page
  }

  private static func body(of section: StudySection) -> String {
    (section.text.isEmpty ? "" : "<p>\(section.text.asMarkup)</p>")
      + "<div class=\"charts\">\(section.figures.map(\.svg).joined())</div>"
      + (section.table.isEmpty ? "" : ExperimentPage.table(section.table))
  }

  /// Dice of every method in every cell.
  private var scoreChart: String {
    IntervalChart(
      title: title,
      horizontal: "Dice (dot: a seed; bar: 95 % interval of the mean over seeds and patients)",
      rows: ScoreOfArm.all(of: outcomes).map { score in
        .init(
          label: "\(score.cell): \(score.name)", values: score.values, mean: score.mean.value,
          low: score.mean.low,
          high: score.mean.high)
      }, rowHeight: 24
    ).svg(width: 900)
  }

  private var forest: String {
    Self.forest(
      "Method minus baseline",
      horizontal:
        "difference of Dice on the \(study.comparison.scored) side (dot: a seed; bar: 95 % interval)",
      claims.map { ("\($0.cell): \($0.method) - \($0.baseline)", $0.dice) })
  }

  /// A probe reads what pre-training left, whatever fine-tuning would do: once for each share of the labels.
  private var probeForest: String {
    var seen: Set<String> = []
    return Self.forest(
      "Method minus baseline, frozen encoder",
      horizontal:
        "difference of the linear classifier's Dice on the \(study.comparison.scored) side (dot: a seed; bar: 95 % interval)",
      claims.compactMap { claim in
        let label = "\(claim.data) \(claim.fraction): \(claim.method) - \(claim.baseline)"
        guard let probe = claim.probe, seen.insert(label).inserted else { return nil }
        return (label, probe)
      })
  }

  private static func forest(
    _ title: String, horizontal: String, _ rows: [(label: String, comparison: CrossedComparison)]
  ) -> String {
    IntervalChart(
      title: title, horizontal: horizontal,
      rows: rows.map { label, comparison in
        .init(
          label: label, values: comparison.differences, mean: comparison.mean, low: comparison.low,
          high: comparison.high)
      }
    ).svg(width: 900)
  }

  // MARK: Tables

  private var scores: [[String]] {
    [
      [
        "data", "protocol", "steps", "labels", "method", "seeds", "Dice", "interval", "mean Dice along",
        "frozen probe",
      ]
    ]
      + ScoreOfArm.all(of: outcomes).map { score in
        [
          score.data, score.training, "\(score.budget)", Self.percent(score.fraction), score.name,
          "\(score.values.count)", Self.spread(score.values),
          score.mean.interval,
          Self.spread(score.areas), Self.spread(score.probes),
        ]
      }
  }

  private var differences: [[String]] {
    [
      [
        "data", "protocol", "steps", "labels", "difference", "pairs", "Dice", "interval", "p (Holm)",
        "mean Dice along", "interval", "frozen probe", "interval", "p (Holm)", "steps to baseline", "reached",
      ]
    ]
      + claims.map { claim in
        let reached = claim.stepsToBaseline.compactMap(\.self)
        return [
          claim.data, claim.training, "\(claim.budget)", Self.percent(claim.fraction),
          "\(claim.method) - \(claim.baseline)", "\(claim.dice.differences.count)",
          Self.signed(claim.dice.mean),
          Self.interval(claim.dice.low, claim.dice.high),
          Self.chance(claim.adjustedPValue),
          claim.area.mean.map(Self.signed) ?? "-", Self.interval(claim.area.low, claim.area.high),
          claim.probe.map { Self.signed($0.mean) } ?? "-",
          Self.interval(claim.probe?.low, claim.probe?.high), Self.chance(claim.adjustedProbePValue),
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

  private static func chance(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "-" }

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
