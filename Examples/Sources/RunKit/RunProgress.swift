import Foundation
package import NN

/// The run was interrupted and its state kept.
public struct Interruption: Error {
  public init() {}
}

/// Prints the progress of stages, and learns of interruptions.
public struct RunProgress: Sendable {
  /// Seconds between lines.
  private static let interval = 5.0
  private let say: @Sendable (String) -> Void
  private let sayWarning: @Sendable (String) -> Void
  private let isInterrupted: @Sendable () -> Bool

  /// - Parameters:
  ///   - say: Takes the lines of the run.
  ///   - warn: Takes what a person should know about the data or the run, a line each.
  ///   - isInterrupted: Asked before each stage and after each step.
  public init(
    say: @escaping @Sendable (String) -> Void, warn: @escaping @Sendable (String) -> Void = { _ in },
    isInterrupted: @escaping @Sendable () -> Bool
  ) {
    self.say = say
    sayWarning = warn
    self.isInterrupted = isInterrupted
  }

  package func note(_ line: String) { say(line) }
  package func warn(_ line: String) { sayWarning(line) }

  /// A report function for one training; prints its first and last steps, and others when some time has passed.
  package func reporter(_ name: String) -> (TrainingProgress) -> TrainingControl {
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

  /// The same for a prediction by windows.
  package func reporter(ofWindows name: String) -> (InferenceProgress) -> TrainingControl {
    var last = Date()
    return { progress in
      let now = Date()
      if now.timeIntervalSince(last) >= Self.interval {
        last = now
        say("  \(name): \(progress)")
      }
      return isInterrupted() ? .stop : .proceed
    }
  }

  /// Throws when the run was interrupted.
  package func checkInterruption() throws { if isInterrupted() { throw Interruption() } }
}
