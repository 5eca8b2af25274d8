import ExampleSupport
package import Foundation
import RunKit
package import Tensor

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A run as a value: all that decides its result. Equal runs have equal results, so that one is done once.
package protocol ExperimentRun: Codable, Hashable, Sendable {
  /// What the run gives.
  associatedtype Result: Codable & Sendable
  /// The kind of run, in its rows; one kind has one type.
  static var kind: String { get }
}

/// A run with its result, and what it took.
package struct ExperimentRow<Run: ExperimentRun>: Codable, Sendable {
  package let kind: String
  package let run: Run
  package let result: Run.Result
  /// Of this run alone.
  package let seconds: Double
  /// The highest resident memory of the process up to its end, in MiB.
  package let peakMiB: Double
  /// Processors that the process could use.
  package let processors: Int
  /// The instruction set of the kernels; rows of before it was noted have none.
  package let instructionSet: InstructionSet?
  /// When it ended, in UTC.
  package let date: String
}

/// All rows of an output folder: a line of JSON each in one file, appended and brought to the disk as they come.
///
/// A row holds its whole run, so that changed settings make another run and no row is ever lost or taken for one of another
/// run. A line that was cut short by a kill is dropped when the file is opened again.
package final class RowStore {
  private let url: URL
  private let file: FileHandle
  /// Lines by the canonical text of kind and run.
  private var lines: [String: Data] = [:]
  /// Kinds and runs in the order of the file.
  private(set) var count = 0

  private struct Head: Decodable {
    let kind: String
    let run: JSONTree
  }

  /// - Throws: ``ExampleFailure``: the file cannot be read or written (73), or a line in its middle is no row (65).
  package init(_ url: URL) throws {
    self.url = url
    do {
      if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
      file = try FileHandle(forUpdating: url)
    } catch {
      throw ExampleFailure(.cannotCreate, "\(url.path): cannot be written")
    }
    let data = (try? file.readToEnd()) ?? Data()
    var start = data.startIndex
    while let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = Data(data[start..<end])
      guard let head = try? JSONDecoder().decode(Head.self, from: line) else {
        throw ExampleFailure(.data, "\(url.path): line \(count + 1) is no row of a run")
      }
      lines[try Self.key(head.kind, head.run)] = line
      count += 1
      start = data.index(after: end)
    }
    do {
      try file.truncate(atOffset: UInt64(start - data.startIndex))
      try file.seekToEnd()
    } catch {
      throw ExampleFailure(.cannotCreate, "\(url.path): cannot be written")
    }
  }

  /// The row of a run that is done.
  ///
  /// - Throws: ``ExampleFailure`` (65): the row is there and its result cannot be read.
  package func row<Run: ExperimentRun>(of run: Run) throws -> ExperimentRow<Run>? {
    guard let line = lines[try Self.key(Run.kind, JSONTree(of: run))] else { return nil }
    do {
      return try JSONDecoder().decode(ExperimentRow<Run>.self, from: line)
    } catch {
      throw ExampleFailure(.data, "\(url.path): a row of kind \(Run.kind) cannot be read: \(error)")
    }
  }

  /// The row of a run: what is kept, or what `body` gives now, which is then kept.
  package func row<Run: ExperimentRun>(
    of run: Run, making body: () throws -> Run.Result
  ) throws -> ExperimentRow<Run> {
    if let row = try row(of: run) { return row }
    let clock = ContinuousClock.now
    let result = try body()
    let row = ExperimentRow(
      kind: Run.kind, run: run, result: result, seconds: (ContinuousClock.now - clock) / .seconds(1),
      peakMiB: Double(ProcessMemory.peak) / 1_048_576,
      processors: ProcessInfo.processInfo.activeProcessorCount, instructionSet: .active,
      date: Date().formatted(.iso8601))
    let line = try CanonicalJSON.data(of: row)
    do {
      try file.write(contentsOf: line + Data("\n".utf8))
    } catch {
      throw ExampleFailure(.cannotCreate, "\(url.path): cannot be written")
    }
    // Some file systems cannot synchronise and say so with EINVAL.
    guard fsync(file.fileDescriptor) == 0 || errno == EINVAL else {
      throw ExampleFailure(.cannotCreate, "\(url.path): cannot be brought to the disk")
    }
    lines[try Self.key(Run.kind, JSONTree(of: run))] = line
    count += 1
    return row
  }

  /// All rows of one kind of run, in no order that means anything.
  ///
  /// - Throws: ``ExampleFailure`` (65): one cannot be read.
  func all<Run: ExperimentRun>(_ type: Run.Type) throws -> [ExperimentRow<Run>] {
    let keys = lines.keys.filter { $0.hasPrefix(Run.kind + " ") }.sorted()
    do {
      return try keys.compactMap { lines[$0] }.map {
        try JSONDecoder().decode(ExperimentRow<Run>.self, from: $0)
      }
    } catch {
      throw ExampleFailure(.data, "\(url.path): a row of kind \(Run.kind) cannot be read: \(error)")
    }
  }

  private static func key(_ kind: String, _ run: JSONTree) throws -> String {
    kind + " " + String(decoding: try CanonicalJSON.data(of: run), as: UTF8.self)
  }
}
