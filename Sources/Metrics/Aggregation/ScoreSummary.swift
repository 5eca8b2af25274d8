/// The scores of one metric over several cases, with what became of every case.
public struct ScoreSummary: Hashable, Sendable {
  /// The metric's key.
  public let metric: String
  /// What is averaged: a class's name, or `mean` for the mean over classes.
  public let name: String
  /// Mean, standard deviation and median of the numbers used. Without a mean where nothing was used, or
  /// where the policy propagates a case in which both masks are empty.
  public let statistics: SampleStatistics
  /// The numbers that count, in the order of the cases.
  public let values: [Double]
  /// Cases that do not count.
  public let skipped: Int
  /// Cases whose reference has the class and whose prediction does not, whatever they count for.
  public let missed: Int
  /// Cases whose prediction has the class and whose reference does not, whatever they count for.
  public let falseAlarms: Int

  /// Cases that count.
  public var used: Int { values.count }
  public var mean: Double? { statistics.mean }
  public var standardDeviation: Double? { statistics.standardDeviation }
  public var median: Double? { statistics.median }

  /// A confidence interval of the mean; `nil` below two cases and where a number is infinite.
  public func interval(
    level: Double = 0.95, resampleCount: Int = 2000, using generator: inout some RandomNumberGenerator
  ) -> BootstrapInterval? {
    BootstrapInterval(ofMeanOf: values, level: level, resampleCount: resampleCount, using: &generator)
  }

  init(
    metric: String, name: String, contributions: [UndefinedScorePolicy.Contribution], missed: Int,
    falseAlarms: Int
  ) {
    self.metric = metric
    self.name = name
    values = contributions.compactMap { if case .number(let value) = $0 { value } else { nil } }
    skipped = contributions.count - values.count
    statistics = SampleStatistics(contributions.contains(.undefined) ? [] : values)
    self.missed = missed
    self.falseAlarms = falseAlarms
  }
}
