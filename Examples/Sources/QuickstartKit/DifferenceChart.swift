import Foundation
import RunKit

/// Paired differences as SVG: a row for each share of labels, a dot for each pair, the mean and its interval as a bar, and a
/// line where the methods are equal.
struct DifferenceChart {
  let title: String
  /// What the horizontal axis shows, with its unit.
  let horizontal: String
  let differences: [MethodDifference]
  /// A CSS color.
  let color: String

  /// The chart, or nothing without a difference.
  func svg(width: Double = 700) -> String {
    guard !differences.isEmpty else { return "" }
    let (rowHeight, top) = (44.0, 30.0)
    let bottom = top + rowHeight * Double(differences.count)
    let frame = LineChart.Frame(
      left: 78, top: top, right: width - 12, bottom: bottom, x: range, y: 0...Double(differences.count))
    let rows = differences.enumerated().map { row($1, at: top + (Double($0) + 0.5) * rowHeight, in: frame) }
    let zero = frame.place(0)
    return """
      <svg role="img" aria-label="\(title.asMarkup)" viewBox="0 0 \(Int(width)) \(Int(bottom) + 42)" width="\(Int(width))" height="\(Int(bottom) + 42)">
      <text class="title" x="\(frame.left)" y="16">\(title.asMarkup)</text>
      \(frame.columns())<path class="base" d="M\(frame.left) \(bottom)H\(frame.right)"/><path class="base" d="M\(zero) \(top)V\(bottom)"/>
      <text class="axis" x="\((frame.left + frame.right) / 2)" y="\(bottom + 36)" text-anchor="middle">\(horizontal.asMarkup)</text>
      <text class="axis" transform="translate(13 \((top + bottom) / 2)) rotate(-90)" text-anchor="middle">labels</text>
      \(rows.joined())</svg>
      """
  }

  /// All figures and 0, with some room.
  private var range: ClosedRange<Double> {
    let values = differences.flatMap { item -> [Double] in
      item.differences + [item.low ?? 0, item.high ?? 0]
    }
    let (low, high) = (min(0, values.min() ?? 0), max(0, values.max() ?? 0))
    let room = max(0.05 * (high - low), 0.005)
    return low - room...high + room
  }

  private func row(_ item: MethodDifference, at y: Double, in frame: LineChart.Frame) -> String {
    let dots = item.differences.map {
      String(
        format: "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"none\" stroke=\"\(color)\"/>",
        frame.place($0), y)
    }
    var bar = ""
    if let low = item.low, let high = item.high {
      bar = String(
        format: "<path class=\"interval\" stroke=\"\(color)\" stroke-width=\"3\" d=\"M%.1f %.1fH%.1f\"/>",
        frame.place(low), y - 9, frame.place(high))
    }
    let mean = String(
      format: "<path stroke=\"\(color)\" stroke-width=\"3\" d=\"M%.1f %.1fv12\"/>", frame.place(item.mean),
      y - 15)
    let label =
      "<text class=\"tick\" x=\"\(frame.left - 8)\" y=\"\(y + 4)\" text-anchor=\"end\">\(item.fraction.percent)</text>"
    return label + bar + mean + dots.joined()
  }
}

extension Double {
  /// A share as a whole number of hundredths.
  var percent: String { "\(Int((self * 100).rounded())) %" }
}
