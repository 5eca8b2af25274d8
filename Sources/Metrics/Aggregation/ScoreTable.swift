import Tensor

/// A table of texts: the same cells as plain text, Markdown or CSV.
public struct ScoreTable: Hashable, Sendable {
  /// What a cell holds where there is no number; CSV leaves such a cell empty.
  public static let noNumber = "-"

  public let header: [String]
  public let rows: [[String]]

  /// - Precondition: every row has as many cells as the header.
  public init(header: [String], rows: [[String]]) {
    shapePrecondition(
      rows.allSatisfy { $0.count == header.count },
      "rows of \(Set(rows.map(\.count)).sorted()) cells under a header of \(header.count)")
    self.header = header
    self.rows = rows
  }

  /// Columns of equal width, the first ones flush left and numbers flush right.
  public func text() -> String {
    let widths = columnWidths
    return ([header] + rows).map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return isNumeric(column) ? padding + row[column] : row[column] + padding
      }.joined(separator: "  ").trimmingTrailingSpaces
    }.joined(separator: "\n") + "\n"
  }

  /// A Markdown table; a vertical bar in a cell is escaped.
  public func markdown() -> String {
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    func escaped(_ cells: [String]) -> [String] {
      cells.map { cell in
        cell.map { $0 == "|" ? "\\|" : $0.isNewline ? " " : String($0) }.joined()
      }
    }
    let rule = header.indices.map { isNumeric($0) ? "---:" : "---" }
    return ([escaped(header), rule] + rows.map(escaped)).map(line).joined(separator: "\n") + "\n"
  }

  /// Comma-separated values (RFC 4180): cells with commas, quotes or line breaks are quoted.
  public func csv() -> String {
    ([header] + rows).map { row in
      row.map { cell in
        if cell == Self.noNumber { return "" }
        guard cell.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline }) else { return cell }
        return "\"" + cell.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
      }.joined(separator: ",") + "\n"
    }.joined()
  }

  private var columnWidths: [Int] {
    header.indices.map { column in rows.reduce(header[column].count) { max($0, $1[column].count) } }
  }

  /// Whether all cells of a column that say something are numbers.
  private func isNumeric(_ column: Int) -> Bool {
    let cells = rows.map { $0[column] }.filter { !$0.isEmpty && $0 != Self.noNumber }
    return !cells.isEmpty && cells.allSatisfy { Double($0) != nil }
  }
}

extension String {
  fileprivate var trimmingTrailingSpaces: String {
    var text = self[...]
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
