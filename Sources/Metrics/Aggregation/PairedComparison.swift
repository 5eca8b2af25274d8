import Tensor

/// Two methods compared on the same cases.
///
///     let comparison = PairedComparison(first: scratch, second: superCL, using: &generator)
///     comparison.meanDifference            // second - first
///     comparison.interval                  // of the mean difference, by bootstrap
///     comparison.test?.pValue              // Wilcoxon signed-rank
///
/// Only cases in which both methods have a number are compared; ``skipped`` says how many are not.
public struct PairedComparison: Hashable, Sendable {
  /// `second - first` for each case compared.
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
    for case (let first?, let second?) in zip(first, second) where first.isFinite && second.isFinite {
      differences.append(second - first)
    }
    self.differences = differences
    skipped = first.count - differences.count
    statistics = SampleStatistics(differences)
    interval = BootstrapInterval(
      ofMeanOf: differences, level: level, resampleCount: resampleCount, using: &generator)
    test = WilcoxonSignedRank(differences: differences)
  }

  /// Compares one metric of one class in two reports, cases matched by name.
  ///
  /// - Throws: ``MetricsError/missingPartner(file:folder:)`` for a case that one report lacks,
  ///   ``MetricsError/unpairedScores(first:second:)`` when a name occurs twice.
  public init(
    of key: String, class segmentationClass: SegmentationClass, first: ScoreReport, second: ScoreReport,
    undefined policy: UndefinedScorePolicy, level: Double = 0.95, resampleCount: Int = 2000,
    using generator: inout some RandomNumberGenerator
  ) throws(MetricsError) {
    let names = first.cases.map(\.name)
    let others = second.cases.map(\.name)
    guard names.count == others.count, Set(names).count == names.count, Set(others).count == others.count
    else { throw MetricsError.unpairedScores(first: names.count, second: others.count) }
    var pairs: [(Double?, Double?)] = []
    for (index, name) in names.enumerated() {
      guard let other = others.firstIndex(of: name) else {
        throw MetricsError.missingPartner(file: name, folder: "the second report")
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
