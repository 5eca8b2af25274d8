import Tensor

extension Module {
  /// A table of the parameters: name, shape in memory, count, and whether each is frozen; the total below.
  public func summary() -> String {
    let rows = namedParameters.map { name, parameter in
      [name, "\(parameter.shape)", "\(parameter.shape.elementCount)", parameter.isFrozen ? "frozen" : ""]
    }
    let header = ["parameter", "shape", "count", ""]
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    let lines = ([header] + rows).map { row in
      zip(row, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 2 ? padding + cell.0 : cell.0 + padding
      }.joined(separator: "  ")
    }
    let frozen = parameters.filter(\.isFrozen).reduce(0) { $0 + $1.shape.elementCount }
    return (lines + ["total \(parameterCount), of them frozen \(frozen)"]).joined(separator: "\n")
  }
}
