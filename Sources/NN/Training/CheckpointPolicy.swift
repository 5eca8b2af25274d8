public import Foundation
import Tensor

/// Where a training writes its state, and how often.
public struct CheckpointPolicy: Sendable {
  /// The file; each write replaces it whole.
  public let url: URL
  /// Steps between writes.
  public let interval: Int

  /// A file, and the steps between writes.
  ///
  /// - Precondition: the interval is at least 1.
  public init(_ url: URL, everySteps interval: Int) {
    shapePrecondition(interval >= 1, "a checkpoint interval is at least one step, not \(interval)")
    self.url = url
    self.interval = interval
  }

  /// The log of all steps beside the checkpoint; see ``TrainingLog``.
  public var logURL: URL { url.appendingPathExtension("jsonl") }
}

/// What a resumed training may have otherwise than the one that wrote its checkpoint.
public enum ResumePolicy: Sendable {
  /// Nothing: the result is the bits of the unbroken training.
  case exact
  /// More or fewer steps in all. A schedule over the whole training then follows its new length from here on.
  case withOtherSteps
}
