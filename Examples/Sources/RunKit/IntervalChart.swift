import Foundation

/// Differences as SVG: a row for each of them, a dot for each pair, the mean and its interval as a bar, and a line at 0.
package struct IntervalChart {
  /// A mean with what it is of, and its interval where there is one.
  package struct Row {
    let label: String
    let values: [Double]
    let mean: Double
    let low: Double?
    let high: Double?

    package init(label: String, values: [Double], mean: Double, low: Double?, high: Double?) {
      (self.label, self.values, self.mean, self.low, self.high) = (label, values, mean, low, high)
    }
  }

  let title: String
  /// What the horizontal axis shows, with its unit.
  let horizontal: String
  /// What the labels of the rows are; `nil` where they say it themselves.
  let vertical: String?
  let rows: [Row]
  /// A CSS color.
  let color: String
  /// In pixels.
  let rowHeight: Double

  package init(
    title: String, horizontal: String, vertical: String? = nil, rows: [Row], color: String = "#0072b2",
    rowHeight: Double = 30
  ) {
    (self.title, self.horizontal, self.vertical) = (title, horizontal, vertical)
    (self.rows, self.color, self.rowHeight) = (rows, color, rowHeight)
  }

  /// The chart, or nothing without a row.
  package func svg(width: Double = 720) -> String {
    guard !rows.isEmpty else { return "" }
    let top = 30.0
    let bottom = top + rowHeight * Double(rows.count)
    let longest = rows.map(\.label.count).max() ?? 0
    let frame = LineChart.Frame(
      left: (vertical == nil ? 24 : 54) + 6.2 * Double(longest), top: top, right: width - 12, bottom: bottom,
      x: range,
      y: 0...Double(rows.count))
    let drawn = rows.enumerated().map { draw($1, at: top + (Double($0) + 0.5) * rowHeight, in: frame) }
    let zero = frame.place(0)
    return """
      <svg role="img" aria-label="\(title.asMarkup)" viewBox="0 0 \(Int(width)) \(Int(bottom) + 42)" width="\(Int(width))" height="\(Int(bottom) + 42)">
      <text class="title" x="\(vertical == nil ? 12 : frame.left)" y="16">\(title.asMarkup)</text>
      \(frame.columns())<path class="base" d="M\(frame.left) \(bottom)H\(frame.right)"/><path class="base" d="M\(zero) \(top)V\(bottom)"/>
      <text class="axis" x="\((frame.left + frame.right) / 2)" y="\(bottom + 36)" text-anchor="middle">\(horizontal.asMarkup)</text>
      \(verticalTitle(at: (top + bottom) / 2))\(drawn.joined())</svg>
      """
  }

  private func verticalTitle(at y: Double) -> String {
    vertical.map {
      "<text class=\"axis\" transform=\"translate(13 \(y)) rotate(-90)\" text-anchor=\"middle\">\($0.asMarkup)</text>"
    } ?? ""
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
        color)
    }
    var bar = ""
    if let low = row.low, let high = row.high {
      bar = String(
        format: "<path class=\"interval\" stroke=\"%@\" stroke-width=\"3\" d=\"M%.1f %.1fH%.1f\"/>", color,
        frame.place(low),
        y - 7, frame.place(high))
    }
    let mean = String(
      format: "<path stroke=\"%@\" stroke-width=\"3\" d=\"M%.1f %.1fv10\"/>", color,
      frame.place(row.mean),
      y - 12)
    let label =
      "<text class=\"tick\" x=\"\(frame.left - 8)\" y=\"\(y + 4)\" text-anchor=\"end\">\(row.label.asMarkup)</text>"
    return label + bar + mean + dots.joined()
  }
}
