import Foundation
import Tensor

/// The learning rate as a function of the step, for schedules that need to know nothing else.
public indirect enum LearningRateSchedule: Sendable, Equatable, Codable {
  /// The same rate throughout.
  case constant(Double)
  /// `end + (start - end) (1 + cos(pi t / T)) / 2` for step t of T; `end` from step T on: the cosine is fitted between
  /// its two ends. SuperCL's pre-training: .01 to 0. Source: Loshchilov and Hutter, ICLR 2017, equation 5 without
  /// restarts; PyTorch's `CosineAnnealingLR`.
  case cosine(start: Double, end: Double = 0, steps: Int)
  /// `max(floor, start (1 + cos(pi t / T)) / 2)`: a cosine to 0 that is cut off at `floor`.
  ///
  /// SuperCL's released code fine-tunes so, from 5e-4 with a floor of 5e-6 that is reached after 94 % of the steps;
  /// ``cosine(start:end:steps:)`` between the same ends is up to 1.99 times as high just there.
  case flooredCosine(start: Double, floor: Double, steps: Int)
  /// `end + (start - end) (1 - t / T)^power`; `end` from step T on.
  case polynomial(start: Double, end: Double = 0, power: Double = 0.9, steps: Int)
  /// `start factor^floor(t / interval)`.
  case step(start: Double, factor: Double = 0.1, interval: Int)
  /// A straight line from `startFactor` of the following schedule's first rate to all of it over `steps`, then that
  /// schedule from its own step 0.
  case warmUp(steps: Int, startFactor: Double = 0, then: LearningRateSchedule)

  /// The learning rate of a step, counted from 0.
  public func rate(at step: Int) -> Double {
    switch self {
    case .constant(let rate): return rate
    case .cosine(let start, let end, let steps):
      guard step < steps else { return end }
      return end + (start - end) * (1 + cos(Double.pi * Double(step) / Double(steps))) / 2
    case .flooredCosine(let start, let floor, let steps):
      return max(floor, Self.cosine(start: start, steps: steps).rate(at: step))
    case .polynomial(let start, let end, let power, let steps):
      guard step < steps else { return end }
      return end + (start - end) * pow(1 - Double(step) / Double(steps), power)
    case .step(let start, let factor, let interval):
      return start * pow(factor, Double(step / max(interval, 1)))
    case .warmUp(let steps, let startFactor, let next):
      guard step < steps else { return next.rate(at: step - steps) }
      let share = Double(step) / Double(steps)
      return next.rate(at: 0) * (startFactor + (1 - startFactor) * share)
    }
  }
}

/// Lowers the learning rate when a score no longer improves by a share of the best one so far.
///
/// A score s improves on the best b when `s < b - threshold |b|` for ``Direction/lower``, `s > b + threshold |b|` for
/// ``Direction/higher``; the first one that is no NaN always does. For scores above 0 this is PyTorch's
/// `ReduceLROnPlateau` with relative threshold; below 0, where that one's bar `b (1 - threshold)` lies on the wrong side of
/// b and equal scores improve for ever, an equal score is no improvement here either.
///
///     loop.plateau = PlateauSchedule(rate: 1e-3, direction: .higher, patience: 5)
///     // in the progress report, after each validation:
///     loop.plateau?.report(dice)
public struct PlateauSchedule: Sendable, Equatable, Codable {
  /// Which scores are better.
  public enum Direction: String, Sendable, Codable {
    /// Losses.
    case lower
    /// Dice and the like.
    case higher
  }

  /// The current learning rate.
  public private(set) var rate: Double
  /// Which scores are better: lower ones.
  public let direction: Direction
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
    rate: Double, direction: Direction = .lower, factor: Double = 0.1, patience: Int = 10,
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

  private func isImprovement(_ score: Double) -> Bool {
    guard let best else { return !score.isNaN }
    // An infinite best has no share: infinity less infinity is NaN.
    let margin = best.isFinite ? best.magnitude * threshold : 0
    return direction == .lower ? score < best - margin : score > best + margin
  }
}
