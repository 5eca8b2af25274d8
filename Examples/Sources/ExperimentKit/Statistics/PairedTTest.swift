import Foundation

/// Student's t-test of paired differences against 0, two-sided.
///
/// Source: Student, "The probable error of a mean", Biometrika 6, 1908; the distribution of whole degrees of freedom by the finite
/// series of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
package enum PairedTTest {
  /// The p-value; 0 where all differences are equal and not 0, 1 where their mean is 0, `nil` for fewer than two, or one that is not finite.
  package static func pValue(_ differences: [Double]) -> Double? {
    guard differences.count > 1, differences.allSatisfy(\.isFinite) else { return nil }
    let freedom = differences.count - 1
    let mean = differences.mean
    let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    if mean == 0 { return 1 }
    let error = (squares / Double(freedom) / Double(differences.count)).squareRoot()
    return error > 0 ? tails(of: abs(mean) / error, freedom) : 0
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

extension CrossedBootstrap {
  /// Of a mean over seeds against 0, two-sided: the larger of two p-values, that of the draws (twice the smaller share of them
  /// on one side of 0, the observation counted among them), and that of a t-test over the seeds.
  ///
  /// Draws alone are too sure of few seeds: three that agree in their sign are on one side in every draw, whatever lies between
  /// them.
  static func pValue(_ draws: [Double], seeds: [Double]) -> Double {
    let (below, above) = (draws.count { $0 <= 0 }, draws.count { $0 >= 0 })
    let drawn = min(1, 2 * Double(1 + min(below, above)) / Double(draws.count + 1))
    // Where the test has no answer, as for a NaN, nothing is claimed.
    return max(drawn, PairedTTest.pValue(seeds) ?? 1)
  }
}
