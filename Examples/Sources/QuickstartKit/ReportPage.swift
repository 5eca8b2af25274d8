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
      <p>Each method tried the same schedules with the fewest labels and the first seed; the validation part chose, for all seeds and shares of the labels. Nothing was tuned on the test part.</p>
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
    guard !report.differences.isEmpty else { return "" }
    let caution = MethodDifference.caution(report.differences).map { "<p>\($0.asMarkup).</p>" }
    return """
      <p>SuperCL minus scratch, mean test Dice, paired by seed: a pair has the same labelled slices and the same seed of weights, and each seed a pre-training of its own.\(report.kind == .full ? " The interval of the mean is a bootstrap over the pairs, p of Wilcoxon's signed-rank test." : "")</p>
      \(table(differenceRows()))
      \(ReportCharts.differences(report.differences))
      \(caution ?? "")
      """
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
    guard let first = report.pretraining.first else { return "<p>None: scratch alone was asked for.</p>" }
    let count = report.pretraining.count
    let lines = report.pretraining.flatMap(\.sentences).map { "<p>\($0.capitalizedSentence.asMarkup)</p>" }
      .joined()
    return """
      <p>\(count) \(count == 1 ? "pre-training" : "pre-trainings, one for each seed"), of \(first.history.count) steps on \(first.imageCount) images; ILCP on \(first.level.asMarkup), \(first.segmentCount) segments of \(String(format: "%.1f", first.pixelsPerSegment)) sampled pixels each.</p>
      \(ReportCharts.terms(report.pretraining))
      \(ReportCharts.embeddings(report.pretraining))
      <p>What counts is the spread: how far apart the network puts different images. In a collapse it is 0, whatever the losses say; the positive pairs are near 1 when all is well, too.</p>
      <ul>\(report.spread.map { "<li>\($0.sentence.capitalizedSentence)</li>" }.joined())</ul>
      \(lines.isEmpty ? "" : "<div class=\"notes\">\(lines)</div>")
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
