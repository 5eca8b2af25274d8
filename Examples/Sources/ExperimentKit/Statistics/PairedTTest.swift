import Foundation
import Metrics

/// Student's t-test of paired differences against 0, two-sided.
///
/// Source: Student, "The probable error of a mean", Biometrika 6, 1908; the distribution of whole degrees of freedom by the finite
/// series of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
package enum PairedTTest {
  /// The p-value; 0 where all differences are equal and not 0, 1 where their mean is 0, `nil` for fewer than two, or one that is not finite.
  package static func pValue(_ differences: [Double]) -> Double? {
    let sample = SampleStatistics(differences)
    guard let mean = sample.mean, let deviation = sample.standardDeviation else { return nil }
    if mean == 0 { return 1 }
    let error = deviation / Double(sample.count).squareRoot()
    return error > 0 ? tails(of: abs(mean) / error, sample.count - 1) : 0
  }

  /// The share of Student's distribution beyond -t and t.
  private static func tails(of t: Double, _ freedom: Int) -> Double {
    let angle = atan(t / Double(freedom).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    // The terms are cos (odd) or 1 (even) times 2/3, 4/5... or 1/2, 3/4..., and a square of the cosine each.
    let isOdd = freedom % 2 == 1
    var term = isOdd ? cosine : 1
    var sum = freedom == 1 ? 0 : term
    for k in stride(from: isOdd ? 3 : 2, to: freedom, by: 2) {
      term *= Double(k - 1) / Double(k) * cosine * cosine
      sum += term
    }
    let within = isOdd ? 2 / Double.pi * (angle + sine * sum) : sine * sum
    return max(0, 1 - within)
  }
}
