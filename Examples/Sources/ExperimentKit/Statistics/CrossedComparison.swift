import Metrics
import Tensor

/// Two methods compared over the same seeds and the same patients: every seed of both methods scores every patient.
///
/// The difference of pooled Dice, with an interval by a bootstrap of both: seeds are drawn with replacement, patients are
/// drawn with replacement, and the statistic is computed on what is drawn, the same draws for both methods. Treating the
/// seeds x patients scores as independent would make the interval far too narrow: one lucky pre-training lifts all its
/// patients. Drawing both is on the safe side of the true variance (Owen, "The pigeonhole bootstrap", Annals of Applied
/// Statistics 1, 2007). With few seeds or patients any bootstrap is too narrow: ``pValue`` accounts for few seeds, the
/// interval does not.
public struct CrossedComparison: Codable, Hashable, Sendable {
  /// Seeds compared: the pairs.
  public let seeds: [UInt64]
  /// Patients of each.
  public let patientCount: Int
  /// `second - first` of each seed, pooled over all patients.
  public let differences: [Double]
  /// Their mean.
  public let mean: Double
  /// The bounds of the mean's interval; `nil` with fewer than two seeds or two patients, where nothing can be said.
  public let low: Double?
  public let high: Double?
  /// The share of draws between the bounds.
  public let level: Double
  /// Two-sided: the larger one of the same draws' p-value (twice their smaller share on one side of 0, the observation counted
  /// among them) and of a paired t-test over the seeds, which knows that they are few; `nil` without an interval.
  public let pValue: Double?
  /// Of Wilcoxon's signed-rank test over the seeds; `nil` where no pair differs.
  public let signedRankPValue: Double?

  /// Compares counts by seed; seeds that only one side has are left out.
  ///
  /// - Parameters:
  ///   - first: What is compared with: for each seed the counts of every patient, in one order.
  ///   - second: What is compared.
  ///   - level: The share of draws between the bounds: .95.
  ///   - resampleCount: Draws: 2,000.
  /// - Returns: `nil` without a common seed, or without patients.
  /// - Precondition: every seed has the same patients in the same order.
  public init?(
    first: [UInt64: [PatientCounts]], second: [UInt64: [PatientCounts]], level: Double = 0.95,
    resampleCount: Int = 2000
  ) {
    let seeds = first.keys.filter { second[$0] != nil }.sorted()
    let pairs = seeds.map { (first[$0] ?? [], second[$0] ?? []) }
    guard let names = pairs.first?.0.map(\.patient), !names.isEmpty else { return nil }
    precondition(
      pairs.allSatisfy { $0.0.map(\.patient) == names && $0.1.map(\.patient) == names },
      "the runs of a comparison have the same patients in the same order")
    self.seeds = seeds
    self.level = level
    patientCount = names.count
    let scores = pairs.map { (PatientCounts.pooledDice($0.0), PatientCounts.pooledDice($0.1)) }
    // A stream of its own: the interval depends on the scores alone.
    var generator = RandomKey(seed: 1).stream(for: "crossed comparison").generator
    let paired = PairedComparison(
      first: scores.map(\.0), second: scores.map(\.1), level: level, resampleCount: resampleCount,
      using: &generator)
    differences = paired.differences
    mean = paired.meanDifference ?? 0
    signedRankPValue = paired.test?.pValue
    guard seeds.count > 1, names.count > 1 else {
      (low, high, pValue) = (nil, nil, nil)
      return
    }
    let draws = CrossedBootstrap.draws(
      seeds: seeds.count, patients: names.count, count: resampleCount, using: &generator
    ) { seeds, patients in
      seeds.reduce(0.0) { sum, seed in
        sum + PatientCounts.pooledDice(patients.lazy.map { pairs[seed].1[$0] })
          - PatientCounts.pooledDice(patients.lazy.map { pairs[seed].0[$0] })
      } / Double(pairs.count)
    }
    low = CrossedBootstrap.quantile((1 - level) / 2, of: draws)
    high = CrossedBootstrap.quantile((1 + level) / 2, of: draws)
    pValue = CrossedBootstrap.pValue(draws, seeds: differences)
  }
}
