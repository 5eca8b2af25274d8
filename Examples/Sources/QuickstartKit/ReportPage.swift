import ExampleSupport
import Foundation
import RunKit

/// The report as one self-contained page: pictures are embedded, curves drawn as SVG.
struct ReportPage {
  let report: Report
  let charts: ReportCharts
  let pictures: [String]
  let folder: OutputFolder
  let view: AnatomicalView

  func html() -> String {
    let means = report.results.filter { $0.class == "mean" }
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
      <title>SuperCL quickstart</title>
      <style>\(ReportStyle.sheet)</style></head><body>
      <h1>From a NIfTI file to a segmentation, pre-trained with SuperCL</h1>
      \(banner())
      <p class="lead">\(report.note.asMarkup)</p>
      <h2>Scores of the test part</h2>
      \(table(scoreRows(means)))
      \(differences())
      <h2>Test slices</h2>
      <p>\(view == .radiological ? "Radiological view: the patient's right (R) is on the left of a picture" : "R is the patient's right, L the left"), A the front, P the back.</p>
      \(pictures.map(picture).joined())
      \(key())
      <h2>Dice by class</h2>
      \(table(classRows()))
      <h2>Superpixels</h2>
      <p>\(superpixels())</p>
      <div class="row">\(report.superpixels.overlays.map { image($0, "superpixels of a training slice") }.joined())</div>
      <h2>Pre-training</h2>
      \(pretraining())
      <h2>Fine-tuning</h2>
      \(charts.losses())
      \(charts.validation())
      <h3>How the schedules were chosen</h3>
      <p>Each method tried the same schedules with the fewest labels and every seed; the mean on the validation part chose. Nothing was tuned on the test part.</p>
      \(table([["method", "schedule", "validation Dice", ""]] + report.search.map { [$0.method, $0.candidate, String(format: "%.3f", $0.validation_dice), $0.chosen ? "chosen" : ""] }))
      <h2>Split</h2>
      <p>\(report.split.map { "\($0.part.rawValue) \($0.first)&ndash;\($0.last)" }.joined(separator: ", ")). Intensities \(report.window[0]) to \(report.window[1]) became 0 to 1.</p>
      \(table(voxelRows()))
      <h2>Time and memory</h2>
      \(table([["stage", "seconds", "peak memory, MiB"]] + report.stages.map { [$0.name, String(format: "%.1f", $0.seconds), String(format: "%.0f", $0.peak_mib)] }))
      <footer>Nothing here is a medical device. The numbers of this page are in report.json.</footer>
      </body></html>
      """
  }

  // MARK: Text

  /// What a reader must know before any figure.
  private func banner() -> String {
    let lines = [report.kind.warning.map { "This is \($0)." }].compactMap(\.self) + report.notes
    guard !lines.isEmpty else { return "" }
    return "<div class=\"notes\" role=\"note\">\(lines.map { "<p>\($0.asMarkup)</p>" }.joined())</div>"
  }

  private func differences() -> String {
    let items = report.differences.map { item -> String in
      let name = item.fraction.map { "\(percent($0)) of the labels" } ?? "all"
      var text = String(
        format: "%@, %d %@: %+.3f", name, item.pairs, item.pairs == 1 ? "pair" : "pairs", item.mean)
      if let low = item.low, let high = item.high {
        text += String(format: " (95 %% interval %+.3f to %+.3f, Student's t)", low, high)
      }
      return "<li>\(text)</li>"
    }
    return items.isEmpty
      ? ""
      : "<p>SuperCL minus scratch, mean Dice, paired by seed and labelled slices:</p><ul>\(items.joined())</ul>"
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

  private func pretraining() -> String {
    guard let pretraining = report.pretraining else { return "<p>None: scratch alone was asked for.</p>" }
    let warnings = pretraining.warnings.map { "\($0.value) of \(pretraining.history.count) steps: \($0.key)" }
      .sorted()
    let isNarrow = report.spread?.isNarrow ?? false
    let lines = (isNarrow ? [report.spread?.sentence].compactMap(\.self) : []) + warnings
    return """
      <p>\(pretraining.imageCount) images; ILCP on \(pretraining.level.asMarkup), \(pretraining.segmentCount) segments of \(String(format: "%.1f", pretraining.pixelsPerSegment)) sampled pixels each.</p>
      \(ReportCharts.terms(pretraining))
      \(ReportCharts.similarities(pretraining))
      <p>What counts is the spread, the distance of the solid line from 1: how far apart the network puts different images. In a collapse it is 0, whatever the losses say; the positive pairs are near 1 when all is well, too. \(isNarrow ? "" : (report.spread?.sentence.capitalizedSentence ?? ""))</p>
      \(lines.isEmpty ? "" : "<div class=\"notes\">\(lines.map { "<p>\($0.capitalizedSentence.asMarkup)</p>" }.joined())</div>")
      """
  }

  // MARK: Pictures

  private func picture(_ name: String) -> String {
    let methods = Method.allCases.filter { method in report.results.contains { $0.method == method.rawValue }
    }
    let heads = (["image", "reference"] + methods.map(\.title)).map { "<span>\($0)</span>" }.joined()
    return
      "<figure><div class=\"heads\">\(heads)</div>\(image(name, "image, reference and predictions"))</figure>"
  }

  private func image(_ name: String, _ text: String) -> String {
    let data = (try? Data(contentsOf: folder.file(name))) ?? Data()
    return "<img alt=\"\(text.asMarkup)\" src=\"data:image/png;base64,\(data.base64EncodedString())\">"
  }

  private func key() -> String {
    let items = report.classes.enumerated().dropFirst().map { index, name in
      let color = Picture.color(index, of: report.classes.count).map { "\(Int($0))" }.joined(separator: ",")
      return "<span><i class=\"block\" style=\"background: rgb(\(color))\"></i>\(name.asMarkup)</span>"
    }
    return "<p class=\"key\">\(items.joined())</p>"
  }
}

extension String {
  /// With a capital first letter and a full stop.
  fileprivate var capitalizedSentence: String { prefix(1).uppercased() + dropFirst() + "." }
}
