package import Foundation

/// One of the examples, run as a user runs it, in a folder of its own that goes away with this object.
package final class ExampleProgram: Sendable {
  /// Where the program runs.
  package var folder: URL { temporary.url }
  private let temporary: TemporaryFolder
  private let name: String
  private let seconds: Int

  /// - Parameters:
  ///   - name: The program's name; it lies beside the tests.
  ///   - seconds: How long a run may take.
  package init(_ name: String, seconds: Int = 60) throws {
    self.name = name
    self.seconds = seconds
    temporary = try TemporaryFolder(name)
  }

  /// What a run gave.
  package struct Outcome: Sendable {
    /// The exit code; 124 when the time was up, 137 when the program did not end then.
    package let code: Int32
    package let output, errors: String
    package var errorLines: Int { errors.split(separator: "\n").count }
  }

  package func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

  /// Runs the program to its end, or until the time is up should it wait for something.
  package func run(_ arguments: [String]) throws -> Outcome {
    let process = Process()
    let program = try URL(
      filePath: FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    ).deletingLastPathComponent().appending(path: name)
    process.executableURL = URL(filePath: "/usr/bin/timeout")
    // A program that does not end when asked to is killed.
    process.arguments = ["--kill-after=5", "\(seconds)", program.path] + arguments
    process.currentDirectoryURL = folder
    let (output, errors) = (folder.appending(path: ".out"), folder.appending(path: ".err"))
    for url in [output, errors] { try Data().write(to: url) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      code: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }
}
