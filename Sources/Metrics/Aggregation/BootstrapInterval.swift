import Tensor

/// A confidence interval of the mean by resampling (percentile bootstrap).
///
/// Draws as many values with replacement as there are, takes their mean, repeats, and reports the middle
/// share of those means. No distribution is assumed; with fewer than about ten cases intervals are too
/// narrow.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
public struct BootstrapInterval: Hashable, Sendable {
  public let lowerBound: Double
  public let upperBound: Double
  /// The share of resampled means between the bounds, for example 0.95.
  public let level: Double

  /// The interval of the mean of `values`; `nil` below two values, and where a value is not finite.
  ///
  /// - Parameters:
  ///   - level: between 0 and 1.
  ///   - resampleCount: 2,000 settle the second digit of the bounds.
  ///   - generator: equal generators give equal intervals.
  ///   - values: The sample.
  /// - Precondition: `0 < level < 1`, and at least one resample.
  public init?(
    ofMeanOf values: [Double], level: Double = 0.95, resampleCount: Int = 2000,
    using generator: inout some RandomNumberGenerator
  ) {
    shapePrecondition(level > 0 && level < 1, "a confidence level is between 0 and 1, not \(level)")
    shapePrecondition(resampleCount > 0, "a bootstrap needs at least one resample, not \(resampleCount)")
    guard values.count > 1, values.allSatisfy(\.isFinite) else { return nil }
    let means = (0..<resampleCount).map { _ in
      var sum = 0.0
      for _ in values.indices { sum += values[generator.integer(below: values.count)] }
      return sum / Double(values.count)
    }
    self.level = level
    lowerBound = means.percentile(50 * (1 - level))
    upperBound = means.percentile(50 * (1 + level))
  }
}
