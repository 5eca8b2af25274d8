public import Foundation
import Tensor

/// A score along the training, the best state by it, and an early stop.
///
///     let validation = Validation(everySteps: 100, better: .higher, patience: 5, best: bestURL) {
///       try dice(of: network, on: validationSlices)
///     }
public struct Validation {
  /// Steps between scores; the last step is scored, too.
  public let interval: Int
  /// Which scores are better.
  public let better: ScoreDirection
  /// Scores without improvement that are tolerated; the next one ends the training. `nil` for any number.
  public let patience: Int?
  /// Where the state with the best score so far is written; `nil` for nowhere.
  public let best: URL?
  /// Computes the score. The mode of the state is restored behind it. It may stop the training by throwing
  /// ``ValidationStopped``, or the ``InferenceError/Code/stopped(windows:of:)`` of a prediction that was told to.
  public let score: () throws -> Double

  /// A validation.
  ///
  /// - Precondition: the interval is at least 1, the patience not negative.
  public init(
    everySteps interval: Int, better: ScoreDirection, patience: Int? = nil, best: URL? = nil,
    score: @escaping () throws -> Double
  ) {
    shapePrecondition(interval >= 1, "a validation interval is at least one step, not \(interval)")
    shapePrecondition(patience.map { $0 >= 0 } ?? true, "a patience is not negative: \(patience ?? 0)")
    self.interval = interval
    self.better = better
    self.patience = patience
    self.best = best
    self.score = score
  }
}

/// Thrown by a score that was asked to stop: the training ends as by ``TrainingControl/stop``, with a checkpoint, and computes
/// this score when it goes on.
public struct ValidationStopped: Error {
  public init() {}
}

/// Which scores are better.
public enum ScoreDirection: String, Sendable, Codable {
  /// Losses.
  case lower
  /// Dice and the like.
  case higher

  /// Whether a score is better than the best one before; NaN never is.
  func isBetter(_ score: Double, than best: Double) -> Bool { self == .lower ? score < best : score > best }
}

/// The scores so far, as checkpoints keep them.
public struct ValidationRecord: Sendable, Hashable, Codable {
  /// The best score; `nil` before the first.
  public internal(set) var bestScore: Double?
  /// The step that it belongs to.
  public internal(set) var bestStep = 0
  /// Scores since then.
  public internal(set) var scoresSinceBest = 0
  /// Which scores are better; `nil` before the first.
  public internal(set) var better: ScoreDirection?

  mutating func add(_ score: Double, step: Int, better: ScoreDirection) -> Bool {
    self.better = better
    if !score.isNaN, bestScore.map({ better.isBetter(score, than: $0) }) ?? true {
      (bestScore, bestStep, scoresSinceBest) = (score, step, 0)
      return true
    }
    scoresSinceBest += 1
    return false
  }
}
