import Foundation

/// Mean and standard deviation as text; of a quick run, whose networks are untrained, the mean alone.
struct Spread {
  let values: [Double]
  let kind: Report.Kind

  init(_ values: [Double], _ kind: Report.Kind) {
    self.values = values
    self.kind = kind
  }

  func text(_ digits: Int) -> String {
    guard !values.isEmpty else { return "-" }
    let mean = values.reduce(0, +) / Double(values.count)
    guard values.count > 1, kind == .full else { return String(format: "%.\(digits)f", mean) }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    return String(format: "%.\(digits)f +- %.\(digits)f", mean, variance.squareRoot())
  }
}

/// Rows in columns of equal width.
struct TextTable: CustomStringConvertible {
  let rows: [[String]]

  init(_ rows: [[String]]) { self.rows = rows }

  var description: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, cell in cell + String(repeating: " ", count: widths[column] - cell.count)
      }
      .joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
