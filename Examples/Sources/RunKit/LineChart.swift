import Foundation

/// Curves over a common axis as SVG: named axes with ticks at round numbers, lines, and bands where a line is a mean.
package struct LineChart {
  /// One curve.
  package struct Series {
    package let name: String
    /// A CSS color.
    package let color: String
    package var isDashed = false
    package let x: [Double]
    package let y: [Double]
    /// The least and the most at each point, where the curve is a mean over several runs.
    package var band: [(least: Double, most: Double)] = []

    /// A curve with its colour, and with a band where it is a mean.
    package init(
      name: String, color: String, isDashed: Bool = false, x: [Double], y: [Double],
      band: [(least: Double, most: Double)] = []
    ) {
      (self.name, self.color, self.isDashed) = (name, color, isDashed)
      (self.x, self.y, self.band) = (x, y, band)
    }
  }

  let title: String
  /// What the horizontal axis counts, with its unit.
  let horizontal: String
  /// What the vertical axis shows, with its unit.
  let vertical: String
  let series: [Series]
  /// The vertical range; that of the curves unless given.
  var range: ClosedRange<Double>?

  /// A chart of some curves, over a vertical range or that of the curves.
  package init(
    title: String, horizontal: String, vertical: String, series: [Series], range: ClosedRange<Double>? = nil
  ) {
    (self.title, self.horizontal, self.vertical) = (title, horizontal, vertical)
    (self.series, self.range) = (series, range)
  }

  /// The vertical range that curves and bands need.
  package static func range(of series: [Series]) -> ClosedRange<Double>? {
    let values = series.flatMap { $0.y + $0.band.flatMap { [$0.least, $0.most] } }.filter(
      \.isFinite)
    guard let low = values.min(), let high = values.max() else { return nil }
    return low < high ? low...high : low - 0.5...high + 0.5
  }

  /// The chart, or nothing without a finite value.
  package func svg(width: Double = 420, height: Double = 260) -> String {
    guard let shown = range ?? Self.range(of: series), let last = series.compactMap({ $0.x.max() }).max()
    else {
      return ""
    }
    let frame = Frame(
      left: 58, top: 30, right: width - 12, bottom: height - 42,
      x: 0...max(last, 1), y: shown)
    let body = series.map { $0.bandPath(frame) }.joined() + series.map { $0.line(frame) }.joined()
    return """
      <svg role="img" aria-label="\(title.asMarkup)" viewBox="0 0 \(Int(width)) \(Int(height))" width="\(Int(width))" height="\(Int(height))">
      <text class="title" x="\(frame.left)" y="16">\(title.asMarkup)</text>
      \(frame.grid())
      <text class="axis" x="\((frame.left + frame.right) / 2)" y="\(height - 6)" text-anchor="middle">\(horizontal.asMarkup)</text>
      <text class="axis" transform="translate(13 \((frame.top + frame.bottom) / 2)) rotate(-90)" text-anchor="middle">\(vertical.asMarkup)</text>
      \(body)</svg>
      """
  }

  /// The place of the axes in a chart.
  package struct Frame {
    package let left: Double
    package let top: Double
    package let right: Double
    package let bottom: Double
    package let x: ClosedRange<Double>
    package let y: ClosedRange<Double>

    /// The edges in the picture, and the values along them.
    package init(
      left: Double, top: Double, right: Double, bottom: Double, x: ClosedRange<Double>, y: ClosedRange<Double>
    ) {
      (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom)
      (self.x, self.y) = (x, y)
    }

    /// The place of a value along the horizontal axis.
    package func place(_ x: Double) -> Double {
      left + (x - self.x.lowerBound) / length(self.x) * (right - left)
    }

    func point(_ x: Double, _ y: Double) -> String {
      String(
        format: "%.1f,%.1f", place(x),
        bottom - (y - self.y.lowerBound) / length(self.y) * (bottom - top))
    }

    func grid() -> String {
      let rows = Self.ticks(y).map { value -> String in
        let place = bottom - (value - y.lowerBound) / length(y) * (bottom - top)
        return String(
          format: "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text class=\"tick\" x=\"%.1f\" y=\"%.1f\" "
            + "text-anchor=\"end\">%g</text>", left, place, right, left - 6, place + 4, value)
      }
      return rows.joined() + columns() + "<path class=\"base\" d=\"M\(left) \(bottom)H\(right)\"/>"
    }

    /// The ticks of the horizontal axis.
    package func columns() -> String {
      Self.ticks(x).map { value in
        String(
          format: "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%g</text>",
          place(value), bottom + 16, value)
      }.joined()
    }

    private func length(_ range: ClosedRange<Double>) -> Double { range.upperBound - range.lowerBound }

    /// Three to six multiples of 1, 2 or 5 times a power of ten.
    static func ticks(_ range: ClosedRange<Double>) -> [Double] {
      let rough = (range.upperBound - range.lowerBound) / 5
      guard rough.isNormal, rough < .greatestFiniteMagnitude / 10 else { return [] }
      let power = pow(10, (log10(rough)).rounded(.down))
      let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
      let first = Int((range.lowerBound / step).rounded(.up))
      let last = Int((range.upperBound / step).rounded(.down))
      // From whole numbers, so that a tick at zero is zero.
      return first <= last ? (first...last).map { Double($0) * step } : []
    }
  }
}

extension LineChart.Series {
  fileprivate func line(_ frame: LineChart.Frame) -> String {
    let points = zip(x, y).filter { $1.isFinite }.map { frame.point($0, $1) }.joined(separator: " ")
    let dashes = isDashed ? " stroke-dasharray=\"6 3\"" : ""
    return "<polyline fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\"\(dashes) points=\"\(points)\"/>"
  }

  fileprivate func bandPath(_ frame: LineChart.Frame) -> String {
    guard !band.isEmpty else { return "" }
    let known = zip(x, band).filter { $1.least.isFinite && $1.most.isFinite }
    let there = known.map { frame.point($0, $1.least) }
    let back = known.map { frame.point($0, $1.most) }.reversed()
    let points = (there + back).joined(separator: " ")
    return "<polygon fill=\"\(color)\" fill-opacity=\"0.18\" points=\"\(points)\"/>"
  }

  /// The entry of a legend.
  package var legend: String {
    let style = isDashed ? "dashed" : "solid"
    return "<span><i style=\"border-top: 3px \(style) \(color)\"></i>\(name.asMarkup)</span>"
  }
}

extension String {
  /// With the characters that HTML and SVG give a meaning written out.
  package var asMarkup: String {
    replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: "\"", with: "&quot;")
  }
}
