import Foundation
import RunKit

/// Tables, figures and page of `failures`.
struct FailureReport {
  let notes: [String]
  var collapses: [(data: String, row: ExperimentRow<CollapseRun>)] = []
  var memory: [ExperimentRow<MemoryRun>] = []

  /// What was found, as it stands.
  struct Finding: Codable {
    let data: String
    let emptiedBehind: Int
    let componentsBefore: [Int]
    let componentsAfter: [Int]
    let firstWarning: Int?
    var sentence: String {
      let warned =
        firstWarning.map { "the first warning of one component is that of step \($0)" } ?? "no step warned"
      return
        "\(data): with superpixel features made uniform behind step \(emptiedBehind), CCL's groups went from "
        + "\(componentsBefore.last ?? 0) to \(componentsAfter.first ?? 0) at the next step; \(warned)"
    }
  }

  private var findings: [Finding] {
    collapses.map { data, row in
      let run = row.run
      return Finding(
        data: data, emptiedBehind: run.emptiedBehind,
        componentsBefore: Array(row.result.components.prefix(run.emptiedBehind)),
        componentsAfter: Array(row.result.components.dropFirst(run.emptiedBehind)),
        firstWarning: row.result.firstWarning)
    }
  }

  private var steps: [[String]] {
    [["data", "step", "groups of CCL", "images", "mean cosine of other pairs", "warnings"]]
      + collapses.flatMap { data, row in
        row.result.components.indices.map { index in
          [
            data, "\(index + 1)", "\(row.result.components[index])", "\(row.result.images)",
            row.result.negativeSimilarity[index].map { String(format: "%.4f", $0) } ?? "no other pairs",
            row.result.warnings[index].isEmpty ? "none" : row.result.warnings[index].joined(separator: ", "),
          ]
        }
      }
  }

  private var bytes: [[String]] {
    [["side", "stride", "rows", "measured, MiB", "one similarity matrix, MiB", "seconds"]]
      + memory.map { row in
        [
          "\(row.run.side)", "\(row.run.stride)", "\(row.result.rows)",
          String(format: "%.2f", row.result.peakMiB),
          String(format: "%.2f", similarityMatrixMiB(rows: row.result.rows)),
          String(format: "%.4f", row.result.seconds),
        ]
      }
  }

  private var groups: String {
    LineChart(
      title: "Features made uniform", horizontal: "step", vertical: "groups that CCL finds",
      series: collapses.enumerated().map { index, item in
        LineChart.Series(
          name: item.data, color: index == 0 ? "#0072b2" : "#d55e00",
          x: item.row.result.components.indices.map { Double($0 + 1) },
          y: item.row.result.components.map(Double.init))
      }, range: 0...Double(max(2, collapses.flatMap(\.row.result.components).max() ?? 2))
    ).svg(width: 440, height: 290)
  }

  private var growth: String {
    let points = Dictionary(memory.map { ($0.result.rows, $0.result.peakMiB) }, uniquingKeysWith: max).sorted
    {
      $0.key < $1.key
    }
    let rows = points.map { Double($0.key) }
    return LineChart(
      title: "Memory of ILCP beside its features, one image", horizontal: "rows", vertical: "MiB",
      series: [
        .init(name: "measured", color: "#0072b2", x: rows, y: points.map(\.value)),
        .init(
          name: "one similarity matrix", color: "#5b6775", isDashed: true, x: rows,
          y: points.map { similarityMatrixMiB(rows: $0.key) }),
      ]
    ).svg(width: 440, height: 290)
  }

  func write(to folder: ExperimentFolder) throws {
    try folder.writeClaims(findings.map { ($0, $0.sentence) }, of: "failures")
    try folder.write(
      ExperimentPage.markdown(steps) + "\n" + ExperimentPage.markdown(bytes) + "\n"
        + findings.map { "- \($0.sentence)\n" }.joined(), to: "failures.md")
    try folder.write(groups.standaloneSVG, to: "failures-groups.svg")
    try folder.write(growth.standaloneSVG, to: "failures-memory.svg")
    var page = ExperimentPage(
      title: "Failures that are shown and not hidden",
      question:
        "Does the pre-trainer warn in the step in which superpixel features become uniform, and how does ILCP's memory grow with its pixels?"
    )
    page.notes = notes
    page.sections = [
      (
        "Uniform features",
        "<p>The encoder's last convolution is set to zero behind a step, so that average superpixel features are the same for all images. "
          + "All nearest neighbours are then ties, which go to the lowest index: one group.</p><div class=\"charts\">\(groups)</div>"
          + ExperimentPage.table(steps)
      ),
      (
        "Memory",
        "<p>For n rows of d channels ILCP is documented to take O(n d) beside its features, never n x n. Measured: the most that tensors held, "
          + "forward and backward, above features and their gradients. Solid: measured; dashed: what the matrix of similarities alone would hold.</p>"
          + "<div class=\"charts\">\(growth)</div>" + ExperimentPage.table(bytes)
      ),
    ]
    try folder.write(page.html, to: "failures.html")
  }
}
