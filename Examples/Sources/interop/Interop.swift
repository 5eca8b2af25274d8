import ArgumentParser
import ExampleSupport
import Foundation

/// The Swift side of the exchange with PyTorch; Examples/Interop/README.md describes the folder.
@main
struct Interop: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Exchanges encoders, features and training steps with PyTorch (Interop/supercl_torch.py).",
    discussion: """
      Exit codes: 1 features differ, 64 wrong arguments, 65 bad data, 66 a file that cannot be read, 73 one that \
      cannot be written.
      """,
    subcommands: [Features.self, Load.self, Step.self])

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
      // Help and version are no failures.
      if exitCode(for: error).isSuccess || error is ExitCode { exit(withError: error) }
      fail(message(for: error), code: ExampleFailure.Kind.usage.rawValue)
    }
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    FileHandle.standardError.write(Data("interop: \(line)\n".utf8))
    Foundation.exit(code)
  }
}
