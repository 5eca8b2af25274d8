import ExampleSupport
import Foundation

/// The report as one self-contained page: pictures are embedded, curves drawn as SVG.
struct ReportPage {
  let report: Report
  let outcomes: [(run: FineTuningStage.Run, losses: [Double])]
  let pictures: [String]
  let folder: OutputFolder

  func html() -> String {
    let methods = report.results.filter { $0.class == "mean" }
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>SuperCL quickstart</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222 }
      table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .25rem .75rem; text-align: right; border-bottom: 1px solid #ddd }
      td:first-child, th:first-child { text-align: left } img { max-width: 100%; image-rendering: pixelated } svg { background: #fafafa }
      .key span { display: inline-block; margin-right: 1rem } .key i { display: inline-block; width: 1em; height: 1em; vertical-align: -.1em }
      </style></head><body>
      <h1>From a NIfTI file to a segmentation, pre-trained with SuperCL</h1>
      <p>\(escape(report.note))</p>
      <h2>Scores of the test part</h2>
      \(table(scoreRows(methods)))
      \(differences())
      <h2>By class</h2>
      \(table(classRows()))
      <h2>Image, reference\(methods.contains { $0.method == "scratch" } ? ", scratch" : "")\(methods.contains { $0.method == "supercl" } ? ", SuperCL" : "")</h2>
      \(key())
      \(pictures.map { "<p><img alt=\"\($0)\" src=\"\(embedded($0))\"></p>" }.joined())
      <h2>Superpixels</h2>
      <p>\(superpixels())</p>
      \(report.superpixels.overlays.map { "<img width=\"32%\" alt=\"\($0)\" src=\"\(embedded($0))\">" }.joined(separator: " "))
      <h2>Loss curves</h2>
      \(pretrainingCurves())
      <h3>Fine-tuning</h3>
      \(chart(outcomes.map { ($0.run.name, smoothed($0.losses)) }))
      \(scratchCurve())
      <h2>How the schedules were chosen</h2>
      <p>Each method tried the same schedules with the fewest labels and every seed; the mean on the validation part chose. Nothing was tuned on the test part.</p>
      \(table([["method", "schedule", "validation Dice", ""]] + report.search.map { [$0.method, $0.candidate, String(format: "%.3f", $0.validation_dice), $0.chosen ? "chosen" : ""] }))
      <h2>Split</h2>
      <p>\(report.split.map { "\($0.part.rawValue) \($0.first)&ndash;\($0.last)" }.joined(separator: ", ")). Intensities \(report.window[0]) to \(report.window[1]) became 0 to 1.</p>
      \(table(voxelRows()))
      <h2>Time and memory</h2>
      \(table([["stage", "seconds", "peak memory, MiB"]] + report.stages.map { [$0.name, String(format: "%.1f", $0.seconds), String(format: "%.0f", $0.peak_mib)] }))
      </body></html>
      """
  }

  // MARK: Tables

  private func scoreRows(_ means: [Report.Row]) -> [[String]] {
    let header = ["method", "labels", "Dice", "Jaccard", "HD95, mm", "ASSD, mm", "missed"]
    return [header]
      + groups(means).map { rows in
        [
          rows[0].method, percent(rows[0].fraction), Spread(rows.map(\.dice)).text(3),
          Spread(rows.map(\.jaccard)).text(3),
          Spread(rows.compactMap(\.hd95_mm)).text(2), Spread(rows.compactMap(\.assd_mm)).text(2),
          "\(rows.reduce(0) { $0 + $1.missed })",
        ]
      }
  }

  private func classRows() -> [[String]] {
    let all = groups(report.results.filter { $0.class == "mean" })
    let header = ["Dice"] + all.map { "\($0[0].method) \(percent($0[0].fraction))" }
    return [header]
      + report.classes.dropFirst().map { name in
        [name]
          + all.map { group in
            let rows = report.results.filter {
              $0.class == name && $0.method == group[0].method && $0.fraction == group[0].fraction
            }
            return Spread(rows.map(\.dice)).text(3)
          }
      }
  }

  private func voxelRows() -> [[String]] {
    let parts = SlabSplit.Part.allCases.map(\.rawValue)
    return [["class"] + parts.map { "\($0) voxels" }]
      + report.classes.dropFirst().map { name in
        [name] + parts.map { "\(report.voxels[name]?[$0] ?? 0)" }
      }
  }

  /// Rows of one method and fraction together, in the order in which they come.
  private func groups(_ rows: [Report.Row]) -> [[Report.Row]] {
    var order: [String] = []
    var groups: [String: [Report.Row]] = [:]
    for row in rows {
      let name = "\(row.method) \(row.fraction)"
      if groups[name] == nil { order.append(name) }
      groups[name, default: []].append(row)
    }
    return order.compactMap { groups[$0] }
  }

  private func table(_ rows: [[String]]) -> String {
    let lines = rows.enumerated().map { index, row in
      let tag = index == 0 ? "th" : "td"
      return "<tr>" + row.map { "<\(tag)>\(escape($0))</\(tag)>" }.joined() + "</tr>"
    }
    return "<table>\(lines.joined(separator: "\n"))</table>"
  }

  // MARK: Text

  private func differences() -> String {
    let items = report.differences.map { item -> String in
      let name = item.fraction.map { percent($0) } ?? "all"
      var text = String(format: "%@, %d pairs: %+.3f", name, item.pairs, item.mean)
      if let low = item.low, let high = item.high {
        text += String(format: " (95 %% interval %+.3f to %+.3f, Student's t)", low, high)
      }
      return "<li>\(text)</li>"
    }
    return items.isEmpty
      ? ""
      : "<p>SuperCL minus scratch, mean Dice, paired by seed and labelled slices:</p><ul>\(items.joined())</ul>"
  }

  private func scratchCurve() -> String {
    let values = report.scratch_curve.map { String(format: "%.3f", $0) }.joined(separator: ", ")
    return values.isEmpty
      ? ""
      : "<p>Mean validation Dice of scratch with the fewest labels at each fifth of its training: \(values).</p>"
  }

  private func superpixels() -> String {
    let item = report.superpixels
    return String(
      format:
        "%d training slices, %.0f superpixels each: %.1f %% cross a label boundary (regular grid %.1f %%), leaked "
        + "mass %.2f %% (regular grid %.2f %%).",
      item.slices, item.segmentCount, 100 * item.crossingShare, 100 * item.gridCrossingShare,
      100 * item.leakedMass,
      100 * item.gridLeakedMass)
  }

  private func key() -> String {
    let items = report.classes.enumerated().dropFirst().map { index, name in
      let color = Picture.color(index, of: report.classes.count).map { "\(Int($0))" }.joined(separator: ",")
      return "<span><i style=\"background: rgb(\(color))\"></i> \(escape(name))</span>"
    }
    return "<p class=\"key\">\(items.joined())</p>"
  }

  private func percent(_ fraction: Double) -> String { "\(Int((fraction * 100).rounded())) %" }

  private func escape(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }

  private func embedded(_ name: String) -> String {
    let data = (try? Data(contentsOf: folder.file(name))) ?? Data()
    return "data:image/png;base64,\(data.base64EncodedString())"
  }

  // MARK: Curves

  private func pretrainingCurves() -> String {
    guard let pretraining = report.pretraining else { return "" }
    func series(_ name: String) -> (String, [Double])? {
      guard let index = pretraining.termNames.firstIndex(of: name) else { return nil }
      return (name, smoothed(pretraining.history.compactMap { $0[index] }))
    }
    let losses = ["instance", "intra", "inter"].compactMap(series)
    let signs = ["positiveSimilarity", "negativeSimilarity"].compactMap(series)
    let warnings = pretraining.warnings.map { "<li>\($0.value) steps: \(escape($0.key))</li>" }.sorted()
      .joined()
    return """
      <h3>Pre-training: \(pretraining.imageCount) images, ILCP on \(escape(pretraining.level)), \(pretraining.segmentCount) segments of \(String(format: "%.1f", pretraining.pixelsPerSegment)) sampled pixels</h3>
      \(chart(losses))
      <p>Mean cosine of positive and of other pairs of images: a collapse would bring both to 1.</p>
      \(chart(signs))
      \(warnings.isEmpty ? "" : "<p>Warnings:</p><ul>\(warnings)</ul>")
      """
  }

  /// The mean over about a hundredth of the curve.
  private func smoothed(_ values: [Double]) -> [Double] {
    let window = max(1, values.count / 100)
    return stride(from: 0, to: values.count, by: window).map { start in
      let part = values[start..<min(start + window, values.count)].filter(\.isFinite)
      return part.isEmpty ? 0 : part.reduce(0, +) / Double(part.count)
    }
  }

  private func chart(_ series: [(String, [Double])]) -> String {
    let (width, height, left) = (860.0, 260.0, 50.0)
    let all = series.flatMap(\.1)
    guard let low = all.min(), let high = all.max(), high > low else { return "" }
    let lines = series.enumerated().map { index, item -> String in
      let color = "hsl(\(index * 360 / max(series.count, 1)), 70%, 42%)"
      let step = (width - left) / Double(max(item.1.count - 1, 1))
      let points = item.1.enumerated().map { place, value in
        String(
          format: "%.1f,%.1f", left + Double(place) * step, height - (value - low) / (high - low) * height)
      }
      return
        "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.5\" points=\"\(points.joined(separator: " "))\"/>"
    }
    let names = series.enumerated().map { index, item in
      "<span><i style=\"background: hsl(\(index * 360 / max(series.count, 1)), 70%, 42%)\"></i> \(escape(item.0))</span>"
    }
    return """
      <svg width="\(Int(width))" height="\(Int(height) + 10)" viewBox="0 -5 \(Int(width)) \(Int(height) + 10)">
      <text x="0" y="10" font-size="12">\(String(format: "%.3g", high))</text>
      <text x="0" y="\(Int(height))" font-size="12">\(String(format: "%.3g", low))</text>\(lines.joined())</svg>
      <p class="key">\(names.joined())</p>
      """
  }
}
