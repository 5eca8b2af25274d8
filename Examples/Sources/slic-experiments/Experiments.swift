import ArgumentParser
import ExampleSupport
import Foundation

@main
struct Experiments: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slic-experiments",
    abstract: "Measures superpixels on labeled CT and MRI slices, and on images of extreme size.",
    discussion: """
      CT: the volume kept in Examples/Data. MRI: ch2.nii.gz and aal.nii.gz of Debian's package mricron-data, in the folder \
      given with --mri; Examples/leakage.sh fetches them.
      """,
    subcommands: [Leakage.self, Adaptive.self, Scale.self])

  /// Parses and runs; any failure is one line on stderr and an exit code of sysexits.h.
  static func main() {
    do {
      var command = try parseAsRoot()
      do {
        try command.run()
      } catch let failure as ExampleFailure {
        fail(failure.description, code: failure.kind.rawValue)
      }
    } catch {
      if exitCode(for: error).isSuccess { exit(withError: error) }
      fail(message(for: error), code: ExampleFailure.Kind.usage.rawValue)
    }
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    FileHandle.standardError.write(Data("slic-experiments: \(line)\n".utf8))
    Foundation.exit(code)
  }
}

/// A file as a whole; 73 when it cannot be written.
func write(_ text: String, to path: String) throws {
  do {
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
  } catch {
    throw ExampleFailure(.cannotCreate, "\(path): cannot be written")
  }
}

/// Prints a line at once.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
