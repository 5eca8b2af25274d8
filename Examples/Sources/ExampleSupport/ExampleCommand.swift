public import ArgumentParser
import Foundation

/// A command whose failures, those of its arguments included, are one line on stderr and an exit code of sysexits.h.
///
/// `run()` throws ``ExampleFailure``, or an `ExitCode` when it has said what there is to say.
public protocol ExampleCommand: ParsableCommand {}

extension ExampleCommand {
  public static func main() {
    do {
      var command = try parseAsRoot()
      do {
        try command.run()
      } catch let failure as ExampleFailure {
        fail(failure.description, code: failure.kind.rawValue)
      } catch  where isAboutArguments(error) {
        throw error
      } catch {
        fail("\(error)", code: ExampleFailure.Kind.data.rawValue)
      }
    } catch {
      // Help and version are no failures.
      if error is ExitCode || exitCode(for: error).isSuccess { exit(withError: error) }
      fail(message(for: error), code: ExampleFailure.Kind.usage.rawValue)
    }
  }

  /// Whether `run()` threw for the parser: an exit code, help, or arguments that it found wrong.
  private static func isAboutArguments(_ error: any Error) -> Bool {
    error is ExitCode || error is ValidationError || exitCode(for: error).isSuccess
  }

  private static func fail(_ message: String, code: Int32) -> Never {
    sayOnStandardError(message)
    Foundation.exit(code)
  }

  /// Writes one line, behind the program's name.
  public static func sayOnStandardError(_ message: String) {
    let line = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    let program = ProcessInfo.processInfo.processName
    FileHandle.standardError.write(Data("\(program): \(line)\n".utf8))
  }
}
