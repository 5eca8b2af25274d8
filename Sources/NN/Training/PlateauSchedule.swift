import Tensor

/// Lowers the learning rate when a score no longer improves by a share of the best one so far.
///
/// A score s improves on the best b when `s < b - threshold |b|` for ``ScoreDirection/lower``, `s > b + threshold |b|` for
/// ``ScoreDirection/higher``; the first one that is no NaN always does. For scores above 0 this is PyTorch's
/// `ReduceLROnPlateau` with relative threshold; below 0, where that one's bar `b (1 - threshold)` lies on the wrong side of
/// b and equal scores improve for ever, an equal score is no improvement here either.
///
///     loop.plateau = PlateauSchedule(rate: 1e-3, direction: .higher, patience: 5)
///     // in the progress report, after each validation:
///     loop.plateau?.report(dice)
public struct PlateauSchedule: Sendable, Equatable, Codable {
  /// The current learning rate.
  public private(set) var rate: Double
  /// Which scores are better: lower ones.
  public let direction: ScoreDirection
  /// What the rate is multiplied with: .1.
  public let factor: Double
  /// Reports without improvement that are tolerated: 10.
  public let patience: Int
  /// The least relative improvement that counts: 1e-4.
  public let threshold: Double
  /// The lowest rate: 0.
  public let minimumRate: Double
  private var best: Double?
  private var badReports = 0

  /// A schedule that begins at `rate`.
  ///
  /// - Precondition: the factor lies between 0 and 1.
  public init(
    rate: Double, direction: ScoreDirection = .lower, factor: Double = 0.1, patience: Int = 10,
    threshold: Double = 1e-4,
    minimumRate: Double = 0
  ) {
    shapePrecondition(factor > 0 && factor < 1, "a plateau's factor lies between 0 and 1, not at \(factor)")
    self.rate = rate
    self.direction = direction
    self.factor = factor
    self.patience = patience
    self.threshold = threshold
    self.minimumRate = minimumRate
  }

  /// Takes the score of an epoch and returns the rate of the next one. NaN is no improvement.
  @discardableResult
  public mutating func report(_ score: Double) -> Double {
    if isImprovement(score) {
      best = score
      badReports = 0
    } else {
      badReports += 1
    }
    if badReports > patience {
      rate = max(rate * factor, minimumRate)
      badReports = 0
    }
    return rate
  }

  /// Whether two schedules differ in their state alone.
  func hasConstants(of other: PlateauSchedule) -> Bool {
    direction == other.direction && factor == other.factor && patience == other.patience
      && threshold == other.threshold && minimumRate == other.minimumRate
  }

  private func isImprovement(_ score: Double) -> Bool {
    guard let best else { return !score.isNaN }
    // An infinite best has no share: infinity less infinity is NaN.
    let margin = best.isFinite ? best.magnitude * threshold : 0
    return direction == .lower ? score < best - margin : score > best + margin
  }
}
