public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The reports of a training, a line of JSON for each step, beside its checkpoint: what a resumed training keeps of the
/// steps before, without the checkpoint growing with them.
///
///     for entry in try TrainingLog.entries(of: policy.logURL) { print(entry.step, entry.terms) }
public final class TrainingLog {
  /// One step.
  public struct Entry: Sendable, Equatable, Codable {
    /// Steps done, this one included.
    public let step: Int
    /// The losses and their terms.
    public let terms: [LossTerm]
    /// The learning rate of each objective.
    public let learningRates: [Double]
    /// What the user should know.
    public let warnings: [TrainingWarning]
    /// The score of this step's validation, where there was one.
    public internal(set) var score: Double?
  }

  private let url: URL
  private let file: FileHandle

  /// Opens a log for the steps behind `step`: entries of later steps, and a line that was cut short, are dropped.
  init(_ url: URL, cutTo step: Int) throws(CheckpointError) {
    self.url = url
    let kept = try Self.length(of: url, upTo: step)
    do {
      if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
      file = try FileHandle(forWritingTo: url)
      try file.truncate(atOffset: UInt64(kept))
      try file.seekToEnd()
    } catch {
      throw CheckpointError(
        .writeFailed, path: url.path, context: "the log cannot be written", underlying: error)
    }
  }

  func append(_ entry: Entry) throws(CheckpointError) {
    do {
      try file.write(contentsOf: JSONEncoder.forTraining.encode(entry) + Data("\n".utf8))
    } catch {
      throw CheckpointError(
        .writeFailed, path: url.path, context: "the log cannot be written", underlying: error)
    }
  }

  /// Brings what was appended to the disk.
  func synchronize() throws(CheckpointError) {
    guard fsync(file.fileDescriptor) == 0 || errno == EINVAL else {
      throw CheckpointError(.writeFailed, path: url.path, context: "the log cannot be synchronised")
    }
  }

  /// The entries of a log, in order. A line that was cut short ends them.
  ///
  /// - Throws: ``CheckpointError``: `unreadable` when the file cannot be read.
  public static func entries(of url: URL) throws(CheckpointError) -> [Entry] {
    try lines(of: url).map(\.entry)
  }

  /// The bytes of the lines up to a step.
  private static func length(of url: URL, upTo step: Int) throws(CheckpointError) -> Int {
    guard step > 0, FileManager.default.fileExists(atPath: url.path) else { return 0 }
    return try lines(of: url).prefix { $0.entry.step <= step }.last?.end ?? 0
  }

  private static func lines(of url: URL) throws(CheckpointError) -> [(entry: Entry, end: Int)] {
    guard let data = try? Data(contentsOf: url) else {
      throw CheckpointError(.unreadable, path: url.path, context: "the log cannot be read")
    }
    let decoder = JSONDecoder.forTraining
    var result: [(Entry, Int)] = []
    var start = data.startIndex
    while let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard let entry = try? decoder.decode(Entry.self, from: data[start..<end]) else {
        break
      }
      start = data.index(after: end)
      result.append((entry, start - data.startIndex))
    }
    return result
  }
}

extension JSONEncoder {
  /// Sorted names, and numbers that are not finite as text: a report may hold NaN, such as the mean of no pairs.
  static var forTraining: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

extension JSONDecoder {
  /// Reads what `JSONEncoder.forTraining` wrote.
  static var forTraining: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}
