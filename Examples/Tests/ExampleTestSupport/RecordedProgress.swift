package import RunKit
import Synchronization

/// The progress of a run that keeps what was said, and interrupts the run at a chosen question whether to stop.
package final class RecordedProgress: Sendable {
  private let said = Mutex<[String]>([])
  private let warned = Mutex<[String]>([])
  private let asked = Atomic<Int>(0)
  private let checks: Int

  /// - Parameter checks: Questions whether to stop that are answered with no.
  package init(stopAfter checks: Int = .max) { self.checks = checks }

  package var progress: RunProgress {
    RunProgress { [self] line in
      said.withLock { $0.append(line) }
    } warn: { [self] line in
      warned.withLock { $0.append(line) }
    } isInterrupted: { [self] in
      asked.add(1, ordering: .relaxed).newValue > checks
    }
  }

  package var lines: [String] { said.withLock { $0 } }
  package var warnings: [String] { warned.withLock { $0 } }
}
