import Foundation
import Metrics
import RunKit

/// Table, figure and page of `clusters`.
package struct ClusterReport {
  private let settings: SuperpixelSettings
  private var panels: [PanelChart.Panel] = []
  private var notes: [String] = []
  private var fixed = [
    [
      "data", "slices", "count", "compactness", "superpixels", "leaked mass", "grid's", "crossing", "grid's",
      "under-segmentation", "grid's", "boundary recall", "grid's",
    ]
  ]
  private var adaptive = [
    [
      "data", "adaptive count", "superpixels: least, median, most", "leaked mass", "best fixed count's",
      "ratio", "difference", "interval", "slices with a ratio of at most 1.1", "least of any fixed count",
      "ratio to it", "difference", "interval",
    ]
  ]

  init(settings: SuperpixelSettings) { self.settings = settings }

  mutating func add(_ slices: LabeledSlices, _ rows: [ExperimentRow<SuperpixelRun>]) {
    notes += slices.notes
    let counted = rows.filter { row in
      row.run.count.map(settings.counts.contains) ?? false
        && settings.compactnesses.contains(row.run.compactness)
    }
    for row in counted { fixed.append(line(slices, row)) }
    addPanels(slices, counted)
    let candidates = rows.filter { row in
      row.run.count.map(settings.fixedCounts.contains) ?? false
        && row.run.compactness == settings.compactness
    }
    for row in rows {
      if let choice = row.run.adaptive {
        adaptive.append(
          [slices.name, "\(choice)"]
            + Self.comparison(
              row.result, candidates.map(\.result), slicesPerBlock: settings.slicesPerBlock))
      }
    }
  }

  func write(to folder: ExperimentFolder) throws {
    let chart = PanelChart(panels: panels, columns: 3).svg
    try folder.write(chart, to: "clusters.svg")
    try folder.write(
      ExperimentPage.markdown(fixed) + "\n" + ExperimentPage.markdown(adaptive), to: "clusters.md")
    var page = ExperimentPage(
      title: "How many superpixels",
      question:
        "How do leakage and under-segmentation go with the number of superpixels, and is the adaptive count as good as the best fixed one?"
    )
    page.notes = notes
    page.sections = [
      ("Curves", "<div class=\"charts\">\(chart)</div>"), ("Fixed counts", ExperimentPage.table(fixed)),
      (
        "The adaptive count",
        "<p>Beside it, for each slice, the best of the fixed counts that delivers no more superpixels; and the fixed count "
          + "with the least leaked mass over all slices, chosen by the labels. Intervals are of means over blocks of "
          + "\(settings.slicesPerBlock) neighbouring slices, which look alike; the blocks of one volume are of one person.</p>"
          + ExperimentPage.table(adaptive)
      ),
    ]
    try folder.write(page.html, to: "clusters.html")
  }

  private func line(_ slices: LabeledSlices, _ row: ExperimentRow<SuperpixelRun>) -> [String] {
    let (own, grid) = (row.result.superpixels, row.result.grid)
    let pairs = [
      (own.leakedMass, grid.leakedMass), (own.crossing, grid.crossing),
      (own.undersegmentation, grid.undersegmentation), (own.boundaryRecall, grid.boundaryRecall),
    ]
    return [
      slices.name, "\(slices.count)", "\(row.run.count ?? 0)", String(format: "%g", row.run.compactness),
      String(format: "%.0f", row.result.segments.map(Double.init).mean),
    ] + pairs.flatMap { [String(format: "%.3f", $0.0.mean), String(format: "%.3f", $0.1.mean)] }
  }

  /// A curve for each compactness, and the regular grid's, over the delivered counts.
  private mutating func addPanels(_ slices: LabeledSlices, _ rows: [ExperimentRow<SuperpixelRun>]) {
    let measures: [(String, KeyPath<SuperpixelRun.Scores, [Double]> & Sendable)] = [
      ("leaked mass", \.leakedMass), ("share of crossing superpixels", \.crossing),
      ("boundary recall", \.boundaryRecall),
    ]
    for (title, measure) in measures {
      var curves = settings.compactnesses.map { compactness in
        PanelChart.Curve(
          name: String(format: "compactness %g", compactness),
          points: rows.filter { $0.run.compactness == compactness }.map {
            ($0.result.segments.map(Double.init).mean, $0.result.superpixels[keyPath: measure].mean)
          })
      }
      let middle = settings.compactnesses[settings.compactnesses.count / 2]
      curves.append(
        PanelChart.Curve(
          name: "regular grid",
          points: rows.filter { $0.run.compactness == middle }.map {
            ($0.result.segments.map(Double.init).mean, $0.result.grid[keyPath: measure].mean)
          }))
      panels.append(PanelChart.Panel(title: "\(slices.name): \(title)", curves: curves))
    }
  }

  /// The adaptive count beside, slice by slice, the best fixed one that delivers no more superpixels.
  package static func comparison(
    _ adaptive: SuperpixelRun.Result, _ fixed: [SuperpixelRun.Result], slicesPerBlock: Int
  ) -> [String] {
    let sizes = adaptive.segments.sorted()
    var own: [Double] = []
    var best: [Double] = []
    for index in adaptive.segments.indices {
      let candidates = fixed.filter { $0.segments[index] <= adaptive.segments[index] }
      guard let least = candidates.map({ $0.superpixels.leakedMass[index] }).min() else { continue }
      own.append(adaptive.superpixels.leakedMass[index])
      best.append(least)
    }
    let counts = "\(sizes.first ?? 0), \(sizes.isEmpty ? 0 : sizes[sizes.count / 2]), \(sizes.last ?? 0)"
    func ratio(_ value: Double, _ other: Double, _ format: String) -> String {
      other > 0 ? String(format: format, value / other) : "-"
    }
    func difference(_ values: [Double], _ others: [Double]) -> [String] {
      let comparison = BlockComparison(of: others, with: values, slicesPerBlock: slicesPerBlock)
      return [comparison.difference, comparison.interval]
    }
    let all = adaptive.superpixels.leakedMass
    let ofAny =
      fixed.map(\.superpixels.leakedMass).min { $0.mean < $1.mean }.map { least in
        [String(format: "%.4f", least.mean), ratio(all.mean, least.mean, "%.3f")] + difference(all, least)
      } ?? ["-", "-", "-", "-"]
    guard !own.isEmpty else { return [counts, "-", "-", "-", "-", "-", "0 of 0"] + ofAny }
    let near = zip(own, best).count { $0 <= 1.1 * $1 || $0 == $1 }
    return [
      counts, String(format: "%.4f", own.mean), String(format: "%.4f", best.mean),
      ratio(own.mean, best.mean, "%.2f"),
    ] + difference(own, best) + ["\(near) of \(own.count)"] + ofAny
  }
}
