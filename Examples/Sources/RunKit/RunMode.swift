package import ExampleSupport
package import Foundation
import MedIO
import NN
import Tensor

/// What becomes of a run that the output folder holds already.
public enum RunMode: Sendable {
  /// It is kept: a new run is refused.
  case fresh
  /// It goes on.
  case resuming
  /// It is thrown away.
  case restarting

  /// What the flags of a command line say.
  ///
  /// - Throws: ``ExampleFailure`` (64) for both of them.
  package init(resume: Bool, restart: Bool) throws(ExampleFailure) {
    guard !(resume && restart) else {
      throw ExampleFailure(.usage, "--resume and --restart exclude each other")
    }
    self = resume ? .resuming : restart ? .restarting : .fresh
  }
}

extension OutputFolder {
  /// The folder of a run that has one checkpoint.
  ///
  /// - Parameters:
  ///   - url: The folder.
  ///   - mode: What becomes of a run that it holds.
  ///   - checkpoint: The name of the checkpoint among the state's files.
  ///   - results: The names of what a run writes, which one that is thrown away leaves behind.
  ///   - fingerprint: All that decides the results.
  /// - Throws: ``ExampleFailure``: a run that would be written over, or of other settings (64); no folder can be made (73).
  package init(
    _ url: URL, mode: RunMode, checkpoint: String, results: [String], fingerprint: RunFingerprint
  ) throws {
    if mode == .fresh, FileManager.default.fileExists(atPath: url.appending(path: "state/\(checkpoint)").path)
    {
      throw ExampleFailure(
        .usage, "\(url.path): holds a run; --resume goes on with it, --restart throws it away")
    }
    if mode == .restarting {
      for name in results { try? FileManager.default.removeItem(at: url.appending(path: name)) }
    }
    try self.init(url, resuming: mode == .resuming, fingerprint: fingerprint)
  }
}

/// Runs `body`; failures of files get the exit codes that ``ExampleFailure`` has for them.
package func givingExitCodes<Value>(_ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as CheckpointError where error.code == .writeFailed {
    throw ExampleFailure(.cannotCreate, error.description)
  } catch let error as MedIOError {
    throw ExampleFailure(error)
  }
}
