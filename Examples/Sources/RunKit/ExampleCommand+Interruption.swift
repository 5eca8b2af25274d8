import ArgumentParser
package import ExampleSupport
import Foundation

extension ExampleCommand {
  /// What is said of a run, on standard output, what is warned of, on standard error, and whether Ctrl-C has come.
  package static var runProgress: RunProgress {
    RunProgress {
      FileHandle.standardOutput.write(Data(($0 + "\n").utf8))
    } warn: {
      sayOnStandardError($0)
    } isInterrupted: {
      InterruptionSignals.wereReceived
    }
  }

  /// Runs `body`, which Ctrl-C interrupts: then `advice` is a line and the exit code 130.
  package static func interruptible(_ advice: String, _ body: () throws -> Void) throws {
    InterruptionSignals.listen()
    do {
      try body()
    } catch is Interruption {
      sayOnStandardError("interrupted; \(advice)")
      throw ExitCode(130)
    }
  }
}
