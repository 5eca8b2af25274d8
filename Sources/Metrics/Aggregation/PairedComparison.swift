import Tensor

/// Two methods compared on the same cases.
///
///     let comparison = PairedComparison(first: scratch, second: superCL, using: &generator)
///     comparison.meanDifference            // second - first
///     comparison.interval                  // of the mean difference, by bootstrap
///     comparison.test?.pValue              // Wilcoxon signed-rank
///
/// Only cases in which both methods have a number are compared; ``skipped`` says how many are not.
///
/// .75 - .74 and .71 - .70 are one difference on paper and two in binary, where the last bit would break a tie of
/// ranks. So differences that agree within the rounding of the scores they come from (1e-12 of them) are tied in
/// ``test``, and those that small count as 0.
public struct PairedComparison: Hashable, Sendable {
  /// `second - first` for each case compared, as subtraction gives them.
  public let differences: [Double]
  /// Pairs of which a side has no number.
  public let skipped: Int
  /// The statistics of the differences.
  public let statistics: SampleStatistics
  /// The interval of the mean difference; `nil` below two pairs.
  public let interval: BootstrapInterval?
  /// The signed-rank test; `nil` when no difference is other than 0.
  public let test: WilcoxonSignedRank?

  public var meanDifference: Double? { statistics.mean }

  /// Compares scores of the same cases in the same order; `nil` and values that are not finite are skipped.
  ///
  /// - Precondition: as many first scores as second.
  public init(
    first: [Double?], second: [Double?], level: Double = 0.95, resampleCount: Int = 2000,
    using generator: inout some RandomNumberGenerator
  ) {
    shapePrecondition(
      first.count == second.count, "a paired comparison of \(first.count) and \(second.count) scores")
    var differences: [Double] = []
    var roundings: [Double] = []
    for case (let first?, let second?) in zip(first, second) where first.isFinite && second.isFinite {
      differences.append(second - first)
      roundings.append(max(first.magnitude, second.magnitude) * Rounding.ofScores)
    }
    self.differences = differences
    skipped = first.count - differences.count
    statistics = SampleStatistics(differences)
    interval = BootstrapInterval(
      ofMeanOf: differences, level: level, resampleCount: resampleCount, using: &generator)
    test = WilcoxonSignedRank(differences: Self.tied(differences, within: roundings))
  }

  /// The differences with those that rounding alone keeps apart made equal in magnitude, or 0.
  ///
  /// In ascending order a magnitude joins the group before it when both lie within their roundings of each other.
  private static func tied(_ differences: [Double], within roundings: [Double]) -> [Double] {
    var result = differences
    var (magnitude, rounding) = (0.0, 0.0)
    for index in differences.indices.sorted(by: { differences[$0].magnitude < differences[$1].magnitude }) {
      let own = differences[index].magnitude
      if own - magnitude > max(rounding, roundings[index]) { (magnitude, rounding) = (own, 0) }
      rounding = max(rounding, roundings[index])
      result[index] = differences[index] < 0 ? -magnitude : magnitude
    }
    return result
  }

  /// Compares one metric of one class in two reports, cases matched by name.
  ///
  /// - Throws: ``MetricsError/Code/missingPartner(file:folder:)`` for a case that one report lacks,
  ///   ``MetricsError/Code/unpairedScores(first:second:)`` when a name occurs twice.
  public init(
    of key: String, class segmentationClass: SegmentationClass, first: ScoreReport, second: ScoreReport,
    undefined policy: UndefinedScorePolicy, level: Double = 0.95, resampleCount: Int = 2000,
    using generator: inout some RandomNumberGenerator
  ) throws(MetricsError) {
    let names = first.cases.map(\.name)
    let others = second.cases.map(\.name)
    guard names.count == others.count, Set(names).count == names.count, Set(others).count == others.count
    else { throw MetricsError(.unpairedScores(first: names.count, second: others.count)) }
    var pairs: [(Double?, Double?)] = []
    for (index, name) in names.enumerated() {
      guard let other = others.firstIndex(of: name) else {
        throw MetricsError(.missingPartner(file: name, folder: "the second report"))
      }
      pairs.append(
        (
          first.number(key, of: segmentationClass, inCase: index, undefined: policy),
          second.number(key, of: segmentationClass, inCase: other, undefined: policy)
        ))
    }
    self.init(
      first: pairs.map(\.0), second: pairs.map(\.1), level: level, resampleCount: resampleCount,
      using: &generator)
  }
}
