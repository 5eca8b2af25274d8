import Foundation
import RunKit

/// Differences as SVG: a row for each claim, a dot for each pair, the mean and its interval as a bar, and a line at 0.
struct IntervalChart {
  struct Row {
    let label: String
    let values: [Double]
    let mean: Double
    let low: Double?
    let high: Double?
  }

  let title: String
  /// What the horizontal axis shows, with its unit.
  let horizontal: String
  let rows: [Row]
  private static let color = "#0072b2"

  /// The chart, or nothing without a row.
  func svg(width: Double = 720) -> String {
    guard !rows.isEmpty else { return "" }
    let (rowHeight, top) = (30.0, 30.0)
    let bottom = top + rowHeight * Double(rows.count)
    let longest = rows.map(\.label.count).max() ?? 0
    let frame = LineChart.Frame(
      left: 24 + 6.2 * Double(longest), top: top, right: width - 12, bottom: bottom, x: range,
      y: 0...Double(rows.count))
    let drawn = rows.enumerated().map { draw($1, at: top + (Double($0) + 0.5) * rowHeight, in: frame) }
    let zero = frame.place(0)
    return """
      <svg role="img" aria-label="\(title.asMarkup)" viewBox="0 0 \(Int(width)) \(Int(bottom) + 42)" width="\(Int(width))" height="\(Int(bottom) + 42)">
      <text class="title" x="12" y="16">\(title.asMarkup)</text>
      \(frame.columns())<path class="base" d="M\(frame.left) \(bottom)H\(frame.right)"/><path class="base" d="M\(zero) \(top)V\(bottom)"/>
      <text class="axis" x="\((frame.left + frame.right) / 2)" y="\(bottom + 36)" text-anchor="middle">\(horizontal.asMarkup)</text>
      \(drawn.joined())</svg>
      """
  }

  /// All figures and 0, with some room.
  private var range: ClosedRange<Double> {
    let values = rows.flatMap { row -> [Double] in row.values + [row.low ?? 0, row.high ?? 0] }
    let (low, high) = (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
    let room = max(0.05 * (high - low), 0.005)
    return low - room...high + room
  }

  private func draw(_ row: Row, at y: Double, in frame: LineChart.Frame) -> String {
    let dots = row.values.map {
      String(
        format: "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"none\" stroke=\"%@\"/>", frame.place($0), y,
        Self.color)
    }
    var bar = ""
    if let low = row.low, let high = row.high {
      bar = String(
        format: "<path stroke=\"%@\" stroke-width=\"3\" d=\"M%.1f %.1fH%.1f\"/>", Self.color,
        frame.place(low),
        y - 7, frame.place(high))
    }
    let mean = String(
      format: "<path stroke=\"%@\" stroke-width=\"3\" d=\"M%.1f %.1fv10\"/>", Self.color,
      frame.place(row.mean),
      y - 12)
    let label =
      "<text class=\"tick\" x=\"\(frame.left - 8)\" y=\"\(y + 4)\" text-anchor=\"end\">\(row.label.asMarkup)</text>"
    return label + bar + mean + dots.joined()
  }
}

extension String {
  /// A chart of a page as a file of its own: with the page's styles inside, on white.
  var standaloneSVG: String {
    guard let start = range(of: "<svg "), let end = range(of: ">", range: start.upperBound..<endIndex) else {
      return self
    }
    let styles =
      "text { font-family: sans-serif; fill: #5b6775; font-size: 11px } "
      + ".title { fill: #1d2733; font-size: 13px; font-weight: 600 } .axis { font-size: 12px } "
      + ".grid { stroke: #dde3ea } .base { stroke: #8a96a3; fill: none }"
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" \(self[start.upperBound..<end.lowerBound])>\n"
      + "<style>\(styles)</style>\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
      + self[end.upperBound...] + "\n"
  }
}
