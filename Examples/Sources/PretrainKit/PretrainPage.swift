import ExampleSupport
import Foundation
import RunKit

/// The report as one self-contained page: pictures are embedded, curves drawn as SVG.
struct PretrainPage {
  let report: PretrainReport
  let pictures: ViewSheet

  func html() throws -> String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>\(report.method.asMarkup): pre-training</title>
    <style>\(ReportStyle.sheet)
    td.picture { padding: .3rem .3rem .3rem 0; min-width: 8rem } td.picture img { width: 11rem; display: block } pre { background: #f6f8fa; padding: 1rem; overflow-x: auto; font-size: .85rem }</style></head><body>
    <h1>Pre-training with \(report.method.asMarkup)</h1>
    \(banner())
    <p class="lead">\(report.source.asMarkup). Preset \(report.preset), \(report.steps) steps of \(report.imagesPerStep) images.</p>
    <h2>Data</h2>
    <p>\(data().asMarkup)</p>
    <h2>Loss</h2>
    \(charts(report.terms.filter { !$0.isFigure }, empty: "No step was trained."))
    <h2>Does it collapse?</h2>
    \(try collapse())
    \(charts(report.terms.filter(\.isFigure), empty: ""))
    <h2>Views</h2>
    \(try sheet())
    <h2>Settings</h2>
    <p>Encoder: a U-Net's with widths \(report.encoder.widths.map(String.init).joined(separator: ", ")), \(report.encoder.parameters) parameters, in encoder.safetensors.</p>
    <pre>\(report.settings.text.asMarkup)</pre>
    <h2>Time and memory</h2>
    <p>\(time())</p>
    <footer>Nothing here is a medical device. The numbers of this page are in report.json.</footer>
    </body></html>
    """
  }

  /// What a reader must know before any figure.
  private func banner() -> String {
    let lines = report.warnings + report.notes
    guard !lines.isEmpty else { return "" }
    return "<div class=\"notes\" role=\"note\">\(lines.map { "<p>\($0.asMarkup)</p>" }.joined())</div>"
  }

  private func data() -> String {
    let data = report.data
    let sizes =
      data.smallest == data.largest
      ? "\(size(data.largest)) \(unit)" : "\(size(data.smallest)) to \(size(data.largest)) \(unit)"
    let spacing = data.spacing.map { ", resampled to \($0) mm" } ?? ""
    let slices = data.dimensions == 2 ? "\(data.slices) slices (plane: \(data.plane)) of " : ""
    return
      "\(slices)\(data.volumes) \(data.volumes == 1 ? "volume" : "volumes"), "
      + "\(sizes)\(spacing); intensities: \(data.intensity). \(data.images.joined(separator: ", "))."
  }

  private var unit: String { report.data.dimensions == 2 ? "pixels" : "voxels" }
  /// What a point or a picture is made of.
  private var part: String { report.data.dimensions == 2 ? "slice" : "part of a volume" }
  private func size(_ lengths: [Int]) -> String {
    lengths.reversed().map { "\($0)" }.joined(separator: " x ")
  }

  private func collapse() throws -> String {
    guard let before = report.featuresBefore, let after = report.featuresAfter else { return "" }
    let text = String(
      format:
        "A loss alone cannot show a collapse. The spread of the encoder's deepest features, averaged over each %@, "
        + "was %.3f at the first weights and is %.3f at the end: 0 when all have the same features, about 1 when they "
        + "point everywhere. They vary in %.1f directions, at first in %.1f (effective rank).",
      part, before.spread, after.spread, after.effectiveRank, before.effectiveRank)
    let charts = try [("First weights", before), ("Behind the training", after)].map { title, figures in
      try FeatureChart(title: title, features: figures.features, positions: figures.positions).svg()
    }
    let ends = [(0.0, "first planes of a volume"), (0.5, "middle"), (1.0, "last")].map { position, name in
      "<span><i class=\"block\" style=\"background: \(FeatureChart.color(position))\"></i>\(name)</span>"
    }
    return """
      <p>\(text)</p>
      <div class="charts">\(charts.joined())</div>
      <p class="key">\(ends.joined()) Each point is a \(part), on the two axes along which the features vary most. Neighbors lie together where the encoder tells anatomy apart.</p>
      """
  }

  private func time() -> String {
    let images = Double(report.terms.first?.values.count ?? 0) * Double(report.imagesPerStep)
    let rate = report.seconds > 0 ? String(format: "%.1f images a second, ", images / report.seconds) : ""
    return String(format: "%.1f s in this run, ", report.seconds) + (images > 0 ? rate : "")
      + String(format: "at most %.0f MiB.", report.peakMiB)
  }

  // MARK: Charts

  /// The most points of a curve; more steps are drawn as means with a band from the least to the most.
  private static let points = 400

  private func charts(_ terms: [PretrainReport.Term], empty: String) -> String {
    let drawn = terms.map { chart($0.name, $0.values) }.joined()
    return drawn.isEmpty ? (empty.isEmpty ? "" : "<p>\(empty)</p>") : "<div class=\"charts\">\(drawn)</div>"
  }

  private func chart(_ name: String, _ values: [Double?]) -> String {
    let width = (values.count + Self.points - 1) / Self.points
    var x: [Double] = []
    var y: [Double] = []
    var band: [(least: Double, most: Double)] = []
    for start in stride(from: 0, to: values.count, by: max(width, 1)) {
      let part = values[start..<min(start + width, values.count)].compactMap(\.self)
      guard let low = part.min(), let high = part.max() else { continue }
      x.append(Double(start) + Double(width + 1) / 2)
      y.append(part.reduce(0, +) / Double(part.count))
      band.append((low, high))
    }
    return LineChart(
      title: name, horizontal: "step", vertical: name,
      series: [.init(name: name, color: "#0072b2", x: x, y: y, band: width > 1 ? band : [])]
    ).svg()
  }

  // MARK: Pictures

  private var pictured: String {
    report.data.dimensions == 2 ? "slices" : "volumes, by their middle planes"
  }

  private func sheet() throws -> String {
    guard pictures.columns.count > 1 else { return "<p>The method makes no views.</p>\(try table())" }
    return """
      <p>\(pictures.rows.count) \(pictured), and the views that the method makes of them; lines are the boundaries of superpixels. Letters are the patient's sides; views may be mirrored.</p>
      \(try table())
      """
  }

  private func table() throws -> String {
    let heads = pictures.columns.map { "<th>\($0.asMarkup)</th>" }.joined()
    let rows = try pictures.rows.map { row in
      let cells = try row.pictures.enumerated().map { index, picture in
        let data = try picture.pngData().base64EncodedString()
        let text = "\(pictures.columns[index]) of \(row.place)".asMarkup
        return "<td class=\"picture\"><img alt=\"\(text)\" src=\"data:image/png;base64,\(data)\"></td>"
      }
      return
        "<tr>\(cells.joined())</tr><tr><td colspan=\"\(row.pictures.count)\">\(row.place.asMarkup)</td></tr>"
    }
    return "<table><tr>\(heads)</tr>\(rows.joined())</table>"
  }
}
