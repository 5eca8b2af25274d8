import Foundation
import RunKit

/// The tables of the report's page.
extension ReportPage {
  func scoreRows(_ means: [Report.Row]) -> [[String]] {
    let header = ["method", "labels", "Dice", "Jaccard", "HD95, mm", "ASSD, mm", "missed"]
    return [header]
      + groups(means).map { rows in
        [
          title(rows[0].method), rows[0].fraction.percent, spread(rows.map(\.dice), 3),
          spread(rows.map(\.jaccard), 3),
          spread(rows.compactMap(\.hd95_mm), 2), spread(rows.compactMap(\.assd_mm), 2),
          "\(rows.reduce(0) { $0 + $1.missed })",
        ]
      }
  }

  func classRows() -> [[String]] {
    let all = groups(report.results.filter { $0.class == "mean" })
    let header = ["Dice"] + all.map { "\(title($0[0].method)), \($0[0].fraction.percent)" }
    return [header]
      + report.classes.dropFirst().map { name in
        [name]
          + all.map { group in
            let rows = report.results.filter {
              $0.class == name && $0.method == group[0].method && $0.fraction == group[0].fraction
            }
            return spread(rows.map(\.dice), 3)
          }
      }
  }

  func voxelRows() -> [[String]] {
    let parts = SlabSplit.Part.allCases.map(\.rawValue)
    return [["class"] + parts.map { "\($0) voxels" }]
      + report.classes.dropFirst().map { name in
        [name] + parts.map { "\(report.voxels[name]?[$0] ?? 0)" }
      }
  }

  /// Rows of one method and fraction together, in the order in which they come.
  func groups(_ rows: [Report.Row]) -> [[Report.Row]] {
    var order: [String] = []
    var groups: [String: [Report.Row]] = [:]
    for row in rows {
      let name = "\(row.method) \(row.fraction)"
      if groups[name] == nil { order.append(name) }
      groups[name, default: []].append(row)
    }
    return order.compactMap { groups[$0] }
  }

  func table(_ rows: [[String]]) -> String {
    let lines = rows.enumerated().map { index, row in
      let tag = index == 0 ? "th" : "td"
      return "<tr>" + row.map { "<\(tag)>\(cell($0))</\(tag)>" }.joined() + "</tr>"
    }
    return "<table>\(lines.joined(separator: "\n"))</table>"
  }

  /// SuperCL minus scratch, a row for each share of labels.
  func differenceRows() -> [[String]] {
    let isWithInterval = report.differences.contains { $0.interval != nil }
    let level = report.differences.lazy.compactMap(\.level).first ?? 0.95
    var rows = [["SuperCL minus scratch", "pairs", "Dice"]]
    if isWithInterval { rows[0] += ["\(level.percent) interval", "p"] }
    for item in report.differences {
      var row = ["\(item.fraction.percent) of the labels", "\(item.differences.count)"]
      row.append(String(format: "%+.3f", item.mean))
      if isWithInterval {
        row += [item.interval ?? "-", item.p_value.map { String(format: "%.3f", $0) } ?? "-"]
      }
      rows.append(row)
    }
    return rows
  }

  /// Mean and standard deviation over seeds; in a quick run the mean alone.
  private func spread(_ values: [Double], _ digits: Int) -> String {
    Spread(values, report.kind).text(digits)
  }

  private func title(_ method: String) -> String { Method(rawValue: method)?.title ?? method }

  private func cell(_ text: String) -> String {
    text.asMarkup.replacingOccurrences(of: "+-", with: "&plusmn;")
  }
}
