import Foundation
import MedIO
import RunKit
import Tensor

/// How much of each class a prediction has.
public struct ClassVolumes: Sendable, Equatable {
  /// One class of one volume of a file.
  public struct Row: Sendable, Equatable {
    public let file: String
    /// The volume of a file with several, from 0.
    public let frame: Int
    public let name: String
    /// As it stands in the file that is written.
    public let label: Int32
    public let voxels: Int
    /// Of voxels as the affine spans them.
    public let milliliters: Double
  }

  public private(set) var rows: [Row] = []

  /// What is found in one file, until all of it is done.
  struct Counter {
    private let description: ModelDescription
    private let file: String
    fileprivate var rows: [Row] = []

    init(_ description: ModelDescription, file: String) {
      (self.description, self.file) = (description, file)
    }

    /// Counts the classes of one volume, the background left out.
    mutating func add(_ classes: Volume<Int32>, frame: Int) {
      var counts = [Int](repeating: 0, count: description.classes.count)
      classes.voxels.withUnsafeBufferPointer { for value in $0 { counts[Int(value)] += 1 } }
      let size = abs(classes.affine.determinant) / 1000
      for (index, item) in description.classes.enumerated().dropFirst() {
        rows.append(
          Row(
            file: file, frame: frame, name: item.name, label: item.label, voxels: counts[index],
            milliliters: Double(counts[index]) * size))
      }
    }
  }

  /// Takes a file that is done.
  mutating func add(_ file: Counter) { rows += file.rows }

  /// The table as CSV (RFC 4180).
  public var csv: String {
    func quoted(_ text: String) -> String {
      text.contains(where: { "\",\n\r".contains($0) }) ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
    }
    let lines = rows.map { row in
      "\(quoted(row.file)),\(row.frame),\(row.label),\(quoted(row.name)),\(row.voxels),\(Self.rounded(row.milliliters))"
    }
    return (["file,volume,label,class,voxels,milliliters"] + lines).joined(separator: "\n") + "\n"
  }

  /// The table in columns, for the terminal.
  func text(of file: String) -> String {
    let rows = rows.filter { $0.file == file }
    let width = rows.map(\.name.count).max() ?? 0
    let isSeries = rows.contains { $0.frame > 0 }
    return rows.map { row in
      let name = row.name.padding(toLength: width, withPad: " ", startingAt: 0)
      return
        "  \(isSeries ? "volume \(row.frame)  " : "")\(name)  \(Self.rounded(row.milliliters)) ml  (\(row.voxels) voxels)"
    }.joined(separator: "\n")
  }

  private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}
