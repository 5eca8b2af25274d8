import Foundation
import RunKit

/// Line charts over a logarithmic axis, as an SVG file; the last curve of a panel is what the others are held against.
struct PanelChart {
  struct Curve {
    var name: String
    var points: [(x: Double, y: Double)]
  }

  struct Panel {
    var title: String
    var curves: [Curve]
  }

  var panels: [Panel]
  var columns: Int

  private static let size = (width: 300.0, height: 240.0)
  private static let margin = (left: 48.0, right: 12.0, top: 30.0, bottom: 40.0)
  private static let colors = ["#0d3b66", "#2a7f9e", "#3fa34d", "#e09f3e", "#c1121f", "#777777"]

  var svg: String {
    let rows = (panels.count + columns - 1) / columns
    let (width, height) = (Double(columns) * Self.size.width, Double(rows) * Self.size.height + 28)
    var parts = [
      #"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \#(Int(width)) \#(Int(height))" width="\#(Int(width))" "#
        + #"height="\#(Int(height))" font-family="sans-serif" font-size="11">"#,
      #"<rect width="100%" height="100%" fill="white"/>"#,
    ]
    for (index, panel) in panels.enumerated() {
      let (x, y) = (
        Double(index % columns) * Self.size.width, Double(index / columns) * Self.size.height
      )
      parts.append(#"<g transform="translate(\#(Int(x)) \#(Int(y)))">"#)
      parts += Self.draw(panel)
      parts.append("</g>")
    }
    parts += legend(at: height - 10)
    return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
  }

  private static func draw(_ panel: Panel) -> [String] {
    let points = panel.curves.flatMap(\.points)
    let (left, right) = (
      log(points.map(\.x).min() ?? 1), log(points.map(\.x).max() ?? 10)
    )
    let top = tick(above: points.map(\.y).max() ?? 1)
    let (innerWidth, innerHeight) = (
      size.width - margin.left - margin.right, size.height - margin.top - margin.bottom
    )
    func column(_ x: Double) -> Double {
      margin.left + (log(x) - left) / max(right - left, 1e-9) * innerWidth
    }
    func row(_ y: Double) -> Double { margin.top + (1 - y / top.maximum) * innerHeight }
    var parts = [
      #"<text x="\#(number(margin.left))" y="18" font-weight="bold">\#(panel.title.asMarkup)</text>"#,
      #"<text x="\#(number(size.width / 2))" y="\#(number(size.height - 6))" text-anchor="middle">superpixels</text>"#,
    ]
    for step in 0...top.steps {
      let value = top.maximum * Double(step) / Double(top.steps)
      parts.append(line(margin.left, row(value), size.width - margin.right, row(value), "#dddddd"))
      parts.append(
        #"<text x="\#(number(margin.left - 5))" y="\#(number(row(value) + 4))" text-anchor="end">"#
          + String(format: "%.2g", value) + "</text>")
    }
    for x in [25.0, 50, 100, 200, 400] where log(x) >= left - 0.2 && log(x) <= right + 0.2 {
      let place = min(max(column(x), margin.left), size.width - margin.right)
      parts.append(
        #"<text x="\#(number(place))" y="\#(number(size.height - margin.bottom + 15))" text-anchor="middle">\#(Int(x))</text>"#
      )
    }
    for (index, curve) in panel.curves.enumerated() {
      let path = curve.points.map { "\(number(column($0.x))),\(number(row($0.y)))" }.joined(separator: " ")
      let isLast = index == panel.curves.count - 1
      parts.append(
        #"<polyline fill="none" stroke="\#(colors[index % colors.count])" stroke-width="1.8" "#
          + (isLast ? #"stroke-dasharray="5 3" "# : "") + #"points="\#(path)"/>"#)
    }
    return parts
  }

  private func legend(at y: Double) -> [String] {
    let names = panels.first?.curves.map(\.name) ?? []
    var parts: [String] = []
    var x = Self.margin.left
    for (index, name) in names.enumerated() {
      let isLast = index == names.count - 1
      parts.append(Self.line(x, y - 4, x + 22, y - 4, Self.colors[index % Self.colors.count], isLast))
      parts.append(#"<text x="\#(Self.number(x + 27))" y="\#(Self.number(y))">\#(name.asMarkup)</text>"#)
      x += 130
    }
    return parts
  }

  private static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ color: String, _ isDashed: Bool = false
  ) -> String {
    #"<line x1="\#(number(x1))" y1="\#(number(y1))" x2="\#(number(x2))" y2="\#(number(y2))" stroke="\#(color)""#
      + (isDashed ? #" stroke-dasharray="5 3""# : "") + "/>"
  }

  /// A round number above the largest value, and how many steps lead to it.
  private static func tick(above value: Double) -> (maximum: Double, steps: Int) {
    for (maximum, steps) in [(0.1, 5), (0.2, 4), (0.3, 3), (0.4, 4), (0.5, 5), (0.6, 6), (0.8, 4), (1.0, 5)]
    where value <= maximum {
      return (maximum, steps)
    }
    return (value, 4)
  }

  private static func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
