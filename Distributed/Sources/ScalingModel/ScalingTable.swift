/// Simulated steps over 2, 4, ... ranks on some networks, as a table and as a figure.
public struct ScalingTable: Sendable {
  /// What was simulated, network by network.
  public let rows: [(network: Network, steps: [StepCost])]
  private let figures: StepFigures

  /// Powers of two from 2 to `most` ranks.
  public init(_ figures: StepFigures, networks: [Network] = [.tenGigabit, .hundredGigabit], most: Int = 1024)
  {
    self.figures = figures
    var counts: [Int] = []
    var count = 2
    while count <= most {
      counts.append(count)
      count *= 2
    }
    rows = networks.map { network in
      let model = ScalingModel(figures, network)
      return (network, counts.map { model.simulatedStep(ranks: $0) })
    }
  }

  /// A Markdown table, headed 'simulated', with what limits each size, and what to change there.
  public var text: String {
    var lines = [
      "**Simulated**, not measured: \(figures.name); one rank computes \(rounded(figures.computeSeconds * 1e3)) ms a step.",
      "",
      "| network | nodes | images a step | s a step | images/s | efficiency | gradients | norms | rows | pairs | waiting | limit |",
      "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (network, steps) in rows {
      for step in steps {
        let shares = [step.gradients, step.norms, step.rows, step.pairs, step.waiting].map {
          "\(rounded(100 * $0 / step.seconds)) %"
        }
        lines.append(
          "| \(network.name) | \(step.ranks) | \(step.images) | \(rounded(step.seconds)) | \(rounded(step.imagesPerSecond)) "
            + "| \(rounded(100 * step.efficiency)) % | " + shares.joined(separator: " | ")
            + " | \(step.limit.rawValue) |")
      }
    }
    let limits = StepCost.Limit.allCases.filter { limit in
      rows.contains { $0.steps.contains { $0.limit == limit } }
    }
    lines.append("")
    for limit in limits { lines.append("- \(limit.rawValue): \(limit.advice).") }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Three digits.
  private func rounded(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
    var unit = 1.0
    while abs(value) * unit < 100 { unit *= 10 }
    let result = (value * unit).rounded() / unit
    return result == result.rounded() && abs(result) < 1e15 ? "\(Int(result))" : "\(result)"
  }

  /// Efficiency over the number of nodes, on a logarithmic axis, as SVG.
  public var svg: String {
    let (width, height, left, top) = (720.0, 380.0, 60.0, 40.0)
    let (right, bottom) = (width - 150, height - 50)
    let colors = ["#1f6fb4", "#c2571a", "#3a8a3a", "#7b4fa0"]
    let counts = rows.first?.steps.map(\.ranks) ?? []
    func x(_ place: Int) -> Double {
      left + (right - left) * Double(place) / Double(max(counts.count - 1, 1))
    }
    func y(_ efficiency: Double) -> Double { bottom - (bottom - top) * efficiency }
    var parts = [
      #"<svg xmlns="http://www.w3.org/2000/svg" width="720" height="380" font-family="sans-serif" font-size="13">"#,
      #"<rect width="720" height="380" fill="white"/>"#,
      #"<text x="60" y="22" font-size="14">Simulated: \#(figures.name)</text>"#,
    ]
    for share in [0.0, 0.25, 0.5, 0.75, 1] {
      parts.append(
        #"<path d="M\#(left) \#(y(share))H\#(right)" stroke="lightgray"/><text x="52" y="\#(y(share) + 4)" text-anchor="end">\#(Int(share * 100)) %</text>"#
      )
    }
    for (place, count) in counts.enumerated() {
      parts.append(#"<text x="\#(x(place))" y="\#(bottom + 20)" text-anchor="middle">\#(count)</text>"#)
    }
    parts.append(#"<text x="\#((left + right) / 2)" y="\#(height - 10)" text-anchor="middle">nodes</text>"#)
    for (index, (network, steps)) in rows.enumerated() {
      let color = colors[index % colors.count]
      let points = steps.enumerated().map { "\(x($0.offset)),\(y($0.element.efficiency))" }.joined(
        separator: " ")
      parts.append(#"<polyline points="\#(points)" fill="none" stroke="\#(color)" stroke-width="2"/>"#)
      let end = steps.last.map { y($0.efficiency) } ?? top
      // Labels keep apart where lines end together.
      let label = end + (index % 2 == 0 ? 14 : -6)
      parts.append(#"<text x="\#(right + 8)" y="\#(label)" fill="\#(color)">\#(network.name)</text>"#)
    }
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }
}
