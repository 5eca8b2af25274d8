import Foundation
import NN

/// The run was interrupted and its state kept.
public struct Interruption: Error {
  public init() {}
}

/// Prints the progress of stages, and learns of interruptions.
public struct RunProgress: Sendable {
  /// Seconds between lines.
  private static let interval = 5.0
  private let say: @Sendable (String) -> Void
  private let isInterrupted: @Sendable () -> Bool

  public init(say: @escaping @Sendable (String) -> Void, isInterrupted: @escaping @Sendable () -> Bool) {
    self.say = say
    self.isInterrupted = isInterrupted
  }

  func note(_ line: String) { say(line) }

  /// A report function for one training; prints its first and last steps, and others when some time has passed.
  func reporter(_ name: String) -> (TrainingProgress) -> TrainingControl {
    var last = Date.distantPast
    return { progress in
      let now = Date()
      if now.timeIntervalSince(last) >= Self.interval || progress.step == progress.totalSteps {
        last = now
        say("  \(name): \(progress)")
      }
      return isInterrupted() ? .stop : .proceed
    }
  }

  /// Throws when the run was interrupted.
  func checkInterruption() throws { if isInterrupted() { throw Interruption() } }
}
