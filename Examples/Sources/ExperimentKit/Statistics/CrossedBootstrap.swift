import Foundation
import Tensor

/// Draws with replacement of both seeds and patients, where every seed has every patient: see ``CrossedComparison``.
enum CrossedBootstrap {
  /// A statistic's values over draws, sorted. The statistic gets drawn seeds and drawn patients, as indices, as many as there
  /// are.
  static func draws(
    seeds: Int, patients: Int, count: Int, using generator: inout PhiloxGenerator,
    _ statistic: (_ seeds: [Int], _ patients: [Int]) -> Double
  ) -> [Double] {
    (0..<count).map { _ in
      let patients = (0..<patients).map { _ in generator.integer(below: patients) }
      return statistic((0..<seeds).map { _ in generator.integer(below: seeds) }, patients)
    }.sorted()
  }

  /// The value below which a share of sorted draws lies, on the line between two of them.
  static func quantile(_ share: Double, of draws: [Double]) -> Double {
    let place = share * Double(draws.count - 1)
    let (below, rest) = (Int(place), place - Double(Int(place)))
    return draws[below] + rest * (draws[min(below + 1, draws.count - 1)] - draws[below])
  }

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

/// The mean over seeds of a score that is pooled over patients, with its 95 % interval over both; no interval with fewer than
/// two of either.
package struct CrossedMean: Codable, Hashable, Sendable {
  package let value: Double
  package let low: Double?
  package let high: Double?
  /// Against 0, two-sided, by the draws and by the seeds: see ``CrossedBootstrap/pValue(_:seeds:)``; `nil` without an interval.
  package let pValue: Double?

  /// As text.
  var interval: String {
    low.flatMap { low in high.map { String(format: "%.3f ... %.3f", low, $0) } } ?? "-"
  }

  /// - Parameters:
  ///   - scores: What was measured of each seed's patients, in one order.
  ///   - pooled: The score of some patients of one seed.
  package init<Measured>(
    _ scores: [[Measured]], resampleCount: Int = 2000, _ pooled: ([Measured]) -> Double
  ) {
    let patients = scores.map(\.count).min() ?? 0
    value = scores.isEmpty ? 0 : scores.reduce(0) { $0 + pooled($1) } / Double(scores.count)
    guard scores.count > 1, patients > 1 else {
      (low, high, pValue) = (nil, nil, nil)
      return
    }
    var generator = RandomKey(seed: 1).stream(for: "crossed mean").generator
    let draws = CrossedBootstrap.draws(
      seeds: scores.count, patients: patients, count: resampleCount, using: &generator
    ) { seeds, drawn in
      seeds.reduce(0) { sum, seed in sum + pooled(drawn.map { scores[seed][$0] }) } / Double(seeds.count)
    }
    pValue = CrossedBootstrap.pValue(draws, seeds: scores.map(pooled))
    (low, high) = (CrossedBootstrap.quantile(0.025, of: draws), CrossedBootstrap.quantile(0.975, of: draws))
  }
}
