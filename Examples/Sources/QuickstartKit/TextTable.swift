import Foundation
import Metrics

/// Mean and standard deviation as text; of a quick run, whose networks are untrained, the mean alone.
struct Spread {
  let values: [Double]
  let kind: Report.Kind

  init(_ values: [Double], _ kind: Report.Kind) {
    self.values = values
    self.kind = kind
  }

  func text(_ digits: Int) -> String {
    let statistics = SampleStatistics(values)
    guard let mean = statistics.mean else { return "-" }
    guard let deviation = statistics.standardDeviation, kind == .full else {
      return String(format: "%.\(digits)f", mean)
    }
    return String(format: "%.\(digits)f +- %.\(digits)f", mean, deviation)
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
