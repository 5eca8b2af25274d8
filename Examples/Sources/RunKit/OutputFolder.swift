import ExampleSupport
public import Foundation

/// The folder that a run writes to, with the state from which an interrupted run goes on.
public struct OutputFolder: Sendable {
  public let url: URL

  /// Where checkpoints and finished parts lie until the run is complete.
  var state: URL { url.appending(path: "state") }

  /// Makes the folder. A run that resumes keeps the state that it finds if the settings are the same; any other run
  /// begins afresh.
  ///
  /// - Throws: ``ExampleFailure``: the folder cannot be made (73), or holds a run with other settings or data (64); the
  ///   message names the first that differs, with both values.
  package init(_ url: URL, resuming: Bool, fingerprint: RunFingerprint) throws {
    self.url = url
    let manager = FileManager.default
    let mark = url.appending(path: "state/settings.txt")
    do {
      if resuming, let known = try? String(contentsOf: mark, encoding: .utf8) {
        if let difference = fingerprint.difference(from: known) {
          throw ExampleFailure(
            .usage, "\(url.path): was begun with \(difference); leave out --resume to begin afresh")
        }
        return
      }
      let state = url.appending(path: "state")
      if manager.fileExists(atPath: state.path) { try manager.removeItem(at: state) }
      try manager.createDirectory(at: state, withIntermediateDirectories: true)
      try Data(fingerprint.text.utf8).write(to: mark, options: .atomic)
    } catch let failure as ExampleFailure {
      throw failure
    } catch {
      throw ExampleFailure(.cannotCreate, "\(url.path): cannot be written")
    }
  }

  package func file(_ name: String) -> URL { url.appending(path: name) }
  package func stateFile(_ name: String) -> URL { state.appending(path: name) }

  package func write(_ data: Data, to name: String) throws {
    try writeOutput(data, to: file(name))
  }

  /// A part that an earlier run finished.
  package func finished<Value: Decodable>(_ name: String, as type: Value.Type) -> Value? {
    guard let data = try? Data(contentsOf: stateFile("\(name).json")) else { return nil }
    return try? JSONDecoder().decode(type, from: data)
  }

  /// Keeps a finished part.
  package func finish(_ name: String, _ value: some Encodable) throws {
    do {
      try JSONEncoder().encode(value).write(to: stateFile("\(name).json"), options: .atomic)
    } catch {
      throw ExampleFailure(.cannotCreate, "\(state.path): cannot be written")
    }
  }
}
