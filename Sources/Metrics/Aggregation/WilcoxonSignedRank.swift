import Foundation
import Tensor

/// The Wilcoxon signed-rank test: whether paired differences are symmetric about 0.
///
/// Differences of 0 are dropped; the rest are ranked by magnitude, equal ones by their mean rank; W+ is the
/// sum of the ranks of positive differences, W- of negative ones. The two-sided p-value is the chance of a
/// sum as far from its mean, if each sign were a fair coin.
///
/// - Up to ``exactLimit`` differences all 2^n signs are counted, ties included.
/// - Beyond, W+ is nearly normal with mean `n (n + 1) / 4` and variance
///   `n (n + 1) (2 n + 1) / 24 - sum (t^3 - t) / 48` over groups of t ties; no continuity correction.
///
/// Values agree with SciPy's `wilcoxon`: `exact` without ties, `approx` with `correction=False`.
///
/// Source: Wilcoxon, "Individual comparisons by ranking methods", 1945; Pratt and Gibbons, 1981.
public struct WilcoxonSignedRank: Hashable, Sendable {
  /// How the p-value is computed.
  public enum Method: Hashable, Sendable {
    /// Exact up to ``WilcoxonSignedRank/exactLimit`` differences, else the normal approximation.
    case automatic
    /// All signs counted. O(n^3).
    case exact
    /// The normal approximation with correction for ties.
    case normalApproximation
  }

  /// The most differences for which `.automatic` is exact.
  public static let exactLimit = 50

  /// The sum of the ranks of the positive differences.
  public let positiveRankSum: Double
  /// The sum of the ranks of the negative differences.
  public let negativeRankSum: Double
  /// The number of differences other than 0.
  public let count: Int
  /// The two-sided p-value.
  public let pValue: Double

  /// Tests differences of pairs; `nil` when none differs from 0.
  ///
  /// Zeros and ties are taken exactly, to the last bit: .3 - (.1 + .2) counts as a difference. Round differences of
  /// decimal scores first, as SciPy advises, or leave the subtraction to ``PairedComparison``, which knows the scores.
  ///
  /// - Precondition: no difference is NaN.
  public init?(differences: [Double], method: Method = .automatic) {
    shapePrecondition(!differences.contains(where: \.isNaN), "a difference is NaN")
    let differences = differences.filter { $0 != 0 }
    guard !differences.isEmpty else { return nil }
    let ranking = Self.doubledRanks(differences.map(\.magnitude))
    var positive = 0
    var negative = 0
    for (difference, rank) in zip(differences, ranking.ranks) {
      if difference > 0 { positive += rank } else { negative += rank }
    }
    count = differences.count
    positiveRankSum = Double(positive) / 2
    negativeRankSum = Double(negative) / 2
    let isExact = method == .exact || (method == .automatic && count <= Self.exactLimit)
    pValue =
      isExact
      ? Self.exactPValue(ranking.ranks, smallerSum: min(positive, negative))
      : Self.approximatePValue(count, smallerSum: min(positiveRankSum, negativeRankSum), ranking.tieTerm)
  }

  /// Twice the mean rank of each magnitude, an integer; and the sum of `t^3 - t` over groups of ties.
  private static func doubledRanks(_ magnitudes: [Double]) -> (ranks: [Int], tieTerm: Double) {
    let order = magnitudes.indices.sorted { magnitudes[$0] < magnitudes[$1] }
    var ranks = [Int](repeating: 0, count: magnitudes.count)
    var tieTerm = 0.0
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, magnitudes[order[end]] == magnitudes[order[start]] { end += 1 }
      // Ranks start + 1 ... end have the mean (start + 1 + end) / 2.
      for position in start..<end { ranks[order[position]] = start + 1 + end }
      let ties = Double(end - start)
      tieTerm += ties * ties * ties - ties
      start = end
    }
    return (ranks, tieTerm)
  }

  /// The share of all signs whose smaller rank sum is at most the observed one, by counting sums.
  private static func exactPValue(_ doubledRanks: [Int], smallerSum: Int) -> Double {
    var shares = [Double](repeating: 0, count: doubledRanks.reduce(0, +) + 1)
    shares[0] = 1
    var reached = 0
    for rank in doubledRanks {
      reached += rank
      for sum in stride(from: reached, through: 0, by: -1) {
        shares[sum] = (shares[sum] + (sum >= rank ? shares[sum - rank] : 0)) / 2
      }
    }
    return min(1, 2 * shares[0...smallerSum].reduce(0, +))
  }

  private static func approximatePValue(_ count: Int, smallerSum: Double, _ tieTerm: Double) -> Double {
    let n = Double(count)
    let mean = n * (n + 1) / 4
    let variance = n * (n + 1) * (2 * n + 1) / 24 - tieTerm / 48
    guard variance > 0 else { return 1 }
    return min(1, erfc((mean - smallerSum) / variance.squareRoot() / 2.0.squareRoot()))
  }
}
