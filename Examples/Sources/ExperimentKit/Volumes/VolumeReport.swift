import Foundation
import RunKit

/// Tables, figures and page of `volumes`.
struct VolumeReport {
  private let settings: VolumeSettings
  private let notes: [String]
  private var cells: [(data: String, name: String, rows: [ExperimentRow<VolumeRun>])] = []

  /// The measures, with the sign of a gain.
  private static let measures: [(name: String, value: @Sendable (VolumeScores) -> Double)] = [
    ("Dice", { $0.dice }), ("HD95, mm", { $0.hausdorff }), ("surface Dice", { $0.surfaceDice }),
  ]

  init(_ settings: VolumeSettings, notes: [String]) { (self.settings, self.notes) = (settings, notes) }

  mutating func add(_ data: String, _ name: String, _ row: ExperimentRow<VolumeRun>) {
    if let index = cells.firstIndex(where: { $0.data == data && $0.name == name }) {
      cells[index].rows.append(row)
    } else {
      cells.append((data, name, [row]))
    }
  }

  struct VolumeClaim: Codable {
    let data: String
    let measure: String
    let first: String
    let second: String
    /// `first - second`, mean over volumes, paired by seed and patient.
    let difference: CrossedMean
    let pairs: Int
    var adjustedPValue: Double?
    var sentence: String {
      "\(data): \(first) - \(second): \(measure) \(String(format: "%+.3f", difference.value)) (95 % \(difference.interval)), "
        + "\(pairs) \(pairs == 1 ? "pair" : "pairs")"
        + (adjustedPValue.map { String(format: ", p %.3f by Holm", $0) } ?? "")
    }
  }

  private static let comparisons = [
    ("Scratch, 3-D", "Scratch, 2-D"), ("SuperCL, 3-D", "SuperCL, 2-D"), ("SuperCL, 2-D", "Scratch, 2-D"),
    ("SuperCL, 3-D", "Scratch, 3-D"),
  ]

  private var claims: [VolumeClaim] {
    var names: [String] = []
    for cell in cells where !names.contains(cell.data) { names.append(cell.data) }
    return names.flatMap { data in
      Self.measures.flatMap { measure -> [VolumeClaim] in
        func rows(_ name: String) -> [ExperimentRow<VolumeRun>] {
          cells.first { $0.data == data && $0.name == name }?.rows ?? []
        }
        var family = Self.comparisons.map { first, second in
          let differences = zip(rows(first), rows(second)).map { own, other in
            zip(own.result.patients, other.result.patients).map { measure.value($0) - measure.value($1) }
          }
          return VolumeClaim(
            data: data, measure: measure.name, first: first, second: second,
            difference: CrossedMean(differences) { $0.mean }, pairs: differences.count)
        }
        HolmCorrection.adjust(&family, \.difference.pValue, to: \.adjustedPValue)
        return family
      }
    }
  }

  private var table: [[String]] {
    [
      ["data", "network", "seeds", "parameters", "seconds a run"]
        + Self.measures.flatMap { [$0.name, "interval"] }
    ]
      + cells.map { cell in
        [
          cell.data, cell.name, "\(cell.rows.count)", "\(cell.rows[0].result.parameters)",
          String(format: "%.0f", cell.rows.map(\.seconds).mean),
        ]
          + Self.measures.flatMap { measure -> [String] in
            let mean = CrossedMean(cell.rows.map { $0.result.patients.map(measure.value) }) { $0.mean }
            return [String(format: "%.3f", mean.value), mean.interval]
          }
      }
  }

  private func chart(_ index: Int) -> String {
    let measure = Self.measures[index]
    return IntervalChart(
      title: "\(measure.name), volume by volume",
      horizontal: "\(measure.name) (dot: a seed; bar: 95 % interval over seeds and patients)",
      rows: cells.map { cell in
        let scores = cell.rows.map { $0.result.patients.map(measure.value) }
        let mean = CrossedMean(scores) { $0.mean }
        return .init(
          label: "\(cell.data): \(cell.name)", values: scores.map(\.mean), mean: mean.value, low: mean.low,
          high: mean.high)
      }
    ).svg(width: 720)
  }

  func write(to folder: ExperimentFolder) throws {
    let claims = claims
    try folder.writeClaims(claims.map { ($0, $0.sentence) }, of: "volumes")
    try folder.write(
      ExperimentPage.markdown(table) + "\n" + claims.map { "- \($0.sentence)\n" }.joined(), to: "volumes.md")
    for (index, name) in ["dice", "hd95", "surface-dice"].enumerated() {
      try folder.write(chart(index).standaloneSVG, to: "volumes-\(name).svg")
    }
    var page = ExperimentPage(
      title: "Slices or volumes",
      question:
        "On the same patients, does a network that sees volumes segment better than one that sees slices, and does SuperCL help both?"
    )
    page.notes = notes
    page.sections = [
      (
        "Scores of volumes",
        "<p>Both are scored by one evaluator, volume by volume, in millimetres, as means over the classes that a volume has. HD95 of a class that was missed is the volume's diagonal. Surface Dice within \(settings.tolerance) mm.</p>"
          + "<div class=\"charts\">\((0..<3).map(chart).joined())</div>" + ExperimentPage.table(table)
      ),
      ("Differences", "<ul>\(claims.map { "<li>\($0.sentence.asMarkup)</li>" }.joined())</ul>"),
    ]
    try folder.write(page.html, to: "volumes.html")
  }
}
