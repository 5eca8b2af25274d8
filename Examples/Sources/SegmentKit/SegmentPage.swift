import ExampleSupport
import Foundation
import RunKit

/// The report as one self-contained page: pictures are embedded, curves drawn as SVG.
struct SegmentPage {
  let report: SegmentReport
  let pictures: Pictures

  /// Planes of one scan with what the model finds.
  struct Pictures {
    let scan: String
    let isTraining: Bool
    let cuts: PlaneCuts
  }

  func html() throws -> String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>Segmentation: \(report.folder.asMarkup)</title>
    <style>\(ReportStyle.sheet)
    pre { background: #f6f8fa; padding: 1rem; overflow-x: auto; font-size: .85rem } .row img { max-width: 100% }</style></head><body>
    <h1>A segmentation network for \(report.model.classes.dropFirst().map(\.name).joined(separator: ", ").asMarkup)</h1>
    \(banner())
    <p class="lead">\(lead().asMarkup)</p>
    <h2>Scores</h2>
    \(scores())
    <h2>Loss and validation</h2>
    <div class="charts">\(charts())</div>
    <h2>Pictures</h2>
    <p>\(caption().asMarkup)</p>
    <p class="key">\(legend())</p>
    <div class="row">\(try figures())</div>
    <h2>Data and settings</h2>
    <p>Trained on \(list(report.training)). Validated on \(list(report.validation)).</p>
    <pre>\(try report.settings.json().asMarkup)</pre>
    <h2>Time and memory</h2>
    <p>\(String(format: "%.1f s in this run, at most %.0f MiB.", report.seconds, report.peakMiB))</p>
    <footer>Nothing here is a medical device. The numbers of this page are in report.json.</footer>
    </body></html>
    """
  }

  private func banner() -> String {
    guard !report.notes.isEmpty else { return "" }
    return
      "<div class=\"notes\" role=\"note\">\(report.notes.map { "<p>\($0.asMarkup)</p>" }.joined())</div>"
  }

  private func lead() -> String {
    let start = report.encoder.map { ", its encoder from \($0)" } ?? ""
    return "A U-Net in \(report.model.dimensions) dimensions of \(report.parameters) parameters\(start); "
      + "\(report.losses.count) steps, the weights of step \(report.keptStep)."
  }

  private func list(_ names: [String]) -> String {
    names.isEmpty ? "nothing" : names.joined(separator: ", ").asMarkup
  }

  private func scores() -> String {
    guard let scores = report.scores else { return "<p>No patient was left to validate with.</p>" }
    func cell(_ value: Double?, _ format: String) -> String {
      "<td>\(value.map { String(format: format, $0) } ?? "–")</td>"
    }
    let rows = scores.classes.map { item in
      "<tr><td>\(item.name.asMarkup)</td>\(cell(item.dice, "%.3f"))\(cell(item.hd95, "%.2f"))"
        + "\(cell(item.assd, "%.2f"))<td>\(item.missed)</td></tr>"
    }
    return """
      <p>Means over \(scores.scans.count) \(scores.scans.count == 1 ? "scan" : "scans") of patients that did not train, each on the grid of its file.</p>
      <table><tr><th>class</th><th>Dice</th><th>HD95 (mm)</th><th>ASSD (mm)</th><th>missed</th></tr>\(rows.joined())</table>
      """
  }

  private func charts() -> String {
    let steps = report.losses.indices.map { Double($0 + 1) }
    let loss = LineChart(
      title: "loss", horizontal: "step", vertical: "loss",
      series: [.init(name: "loss", color: "#0072b2", x: steps, y: report.losses.map { $0 ?? .nan })])
    guard !report.validationDice.isEmpty else { return loss.svg() }
    let dice = LineChart(
      title: "validation", horizontal: "step", vertical: "mean Dice",
      series: [
        .init(
          name: "Dice", color: "#d55e00", x: report.validationSteps.map(Double.init), y: report.validationDice
        )
      ], range: 0...1)
    return loss.svg() + dice.svg()
  }

  private func caption() -> String {
    "What the model finds in \(pictures.scan)"
      + (pictures.isTraining ? ", on which it was trained: this says nothing about other patients." : ".")
      + " Letters are the patient's sides."
  }

  private func legend() -> String {
    report.model.classes.enumerated().dropFirst().map { index, item in
      let color = Picture.color(index, of: report.model.classes.count).map { "\(Int($0.rounded()))" }
      return
        "<span><i class=\"block\" style=\"background: rgb(\(color.joined(separator: ",")))\"></i>\(item.name.asMarkup)</span>"
    }.joined()
  }

  private func figures() throws -> String {
    try pictures.cuts.pictures.map { name, picture in
      let data = try picture.pngData().base64EncodedString()
      return
        "<figure><img alt=\"\(name) plane\" src=\"data:image/png;base64,\(data)\"><figcaption>\(name)</figcaption></figure>"
    }.joined()
  }
}
