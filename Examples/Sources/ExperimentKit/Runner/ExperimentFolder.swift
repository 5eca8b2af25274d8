public import ExampleSupport
public import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The folder that experiments write to: rows, figures, tables and page, and under `state` what may be deleted when all is
/// done (checkpoints, prepared slices). Encoders are kept beside the rows under `encoders`.
///
/// One process at a time: a second one is refused while the first holds the folder.
public final class ExperimentFolder: Sendable {
  public let url: URL
  /// Held open, and locked, as long as this object lives.
  private let lock: FileHandle

  /// Makes the folder, or takes one that an earlier run left.
  ///
  /// - Throws: ``ExampleFailure``: it cannot be made (73), or another process holds it (64).
  public init(_ url: URL) throws(ExampleFailure) {
    self.url = url
    let file = url.appending(path: "state/lock")
    do {
      for name in ["state", "encoders"] {
        try FileManager.default.createDirectory(
          at: url.appending(path: name), withIntermediateDirectories: true)
      }
      if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
      lock = try FileHandle(forWritingTo: file)
    } catch {
      throw ExampleFailure(.cannotCreate, "\(url.path): cannot be written")
    }
    guard flock(lock.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw ExampleFailure(.usage, "\(url.path): another run of experiments is writing there")
    }
  }

  package func file(_ name: String) -> URL { url.appending(path: name) }
  package func stateFile(_ name: String) -> URL { url.appending(path: "state/\(name)") }
  package func encoderFile(_ digest: String) -> URL { url.appending(path: "encoders/\(digest).safetensors") }

  package func write(_ text: String, to name: String) throws { try writeOutput(text, to: file(name)) }
}
