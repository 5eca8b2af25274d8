import Foundation
import Tensor

/// A number as a function of the step: a learning rate, a momentum, a temperature.
public indirect enum Schedule: Sendable, Hashable, Codable {
  /// The same value throughout.
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
  /// A straight line from `startFactor` of the following schedule's first value to all of it over `steps`, then that
  /// schedule from its own step 0.
  case warmUp(steps: Int, startFactor: Double = 0, then: Schedule)

  /// The value at a step, counted from 0.
  public func value(at step: Int) -> Double {
    switch self {
    case .constant(let value): return value
    case .cosine(let start, let end, let steps):
      guard step < steps else { return end }
      return end + (start - end) * (1 + cos(Double.pi * Double(step) / Double(steps))) / 2
    case .flooredCosine(let start, let floor, let steps):
      return max(floor, Self.cosine(start: start, steps: steps).value(at: step))
    case .polynomial(let start, let end, let power, let steps):
      guard step < steps else { return end }
      return end + (start - end) * pow(1 - Double(step) / Double(steps), power)
    case .step(let start, let factor, let interval):
      return start * pow(factor, Double(step / max(interval, 1)))
    case .warmUp(let steps, let startFactor, let next):
      guard step < steps else { return next.value(at: step - steps) }
      let share = Double(step) / Double(steps)
      return next.value(at: 0) * (startFactor + (1 - startFactor) * share)
    }
  }
}
