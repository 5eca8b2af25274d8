import Tensor

/// The scores of several cases, to be summarised and printed.
///
///     let report = ScoreReport(cases: cases, evaluator: evaluator)
///     print(report.caseTable().text())
///     report.summary(of: "dice", class: liver, undefined: .skip).mean
///     report.pooledScore(of: DiceCoefficient(), class: liver)
public struct ScoreReport: Sendable {
  /// A metric as the report knows it.
  public struct Metric: Hashable, Sendable {
    public let key: String
    public let quantity: MetricQuantity
  }

  public let cases: [CaseScores]
  /// In the order of the columns.
  public let metrics: [Metric]
  /// All classes of all cases, in the order in which they first occur.
  public let classes: [SegmentationClass]

  public init(cases: [CaseScores], evaluator: SegmentationEvaluator) {
    self.init(cases: cases, metrics: evaluator.metrics)
  }

  public init(cases: [CaseScores], metrics: [any SegmentationMetric]) {
    self.cases = cases
    self.metrics = metrics.map { Metric(key: $0.key, quantity: $0.quantity) }
    var classes: [SegmentationClass] = []
    var seen: Set<Int32> = []
    for entry in cases.flatMap(\.classes) where seen.insert(entry.segmentationClass.label).inserted {
      classes.append(entry.segmentationClass)
    }
    self.classes = classes
  }

  /// One metric of one class: a number per case first, then their statistics. Every case weighs alike.
  ///
  /// - Precondition: the report has the metric.
  public func summary(
    of key: String, class segmentationClass: SegmentationClass, undefined policy: UndefinedScorePolicy
  ) -> ScoreSummary {
    let entries = cases.map { $0[segmentationClass.label] }
    return ScoreSummary(
      metric: key, name: segmentationClass.name,
      contributions: cases.indices.map { contribution(key, of: segmentationClass, inCase: $0, policy) },
      missed: entries.count { $0?.isMissed ?? false },
      falseAlarms: entries.count { $0?.isFalseAlarm ?? false })
  }

  /// One metric over all classes: in each case the mean over its classes (macro), then the statistics of
  /// those means. Classes that the policy skips take no part in their case; a case without classes is skipped.
  ///
  /// - Precondition: the report has the metric.
  public func meanSummary(of key: String, undefined policy: UndefinedScorePolicy) -> ScoreSummary {
    let contributions = cases.indices.map { index -> UndefinedScorePolicy.Contribution in
      let parts = classes.map { contribution(key, of: $0, inCase: index, policy) }
      if parts.contains(.undefined) { return .undefined }
      let numbers = parts.compactMap { if case .number(let value) = $0 { value } else { nil } }
      return numbers.isEmpty ? .skipped : .number(numbers.reduce(0, +) / Double(numbers.count))
    }
    let entries = cases.flatMap(\.classes)
    return ScoreSummary(
      metric: key, name: "mean", contributions: contributions, missed: entries.count(where: \.isMissed),
      falseAlarms: entries.count(where: \.isFalseAlarm))
  }

  /// The score of all cases' counts together (the paper's Dice and Jaccard): large cases weigh more.
  public func pooledScore(of metric: some OverlapMetric, class segmentationClass: SegmentationClass) -> Score
  {
    metric.score(pooledCounts(of: segmentationClass))
  }

  /// The pooled scores of all classes as one.
  public func pooledScore(of metric: some OverlapMetric, over average: ClassAverage) -> Score {
    average.score(metric, of: classes.map(pooledCounts))
  }

  /// The counts of a class over all cases.
  public func pooledCounts(of segmentationClass: SegmentationClass) -> ConfusionCounts {
    cases.compactMap { $0[segmentationClass.label]?.counts }.reduce(.zero, +)
  }

  /// A case's number for a metric of a class, as the policy counts it; `nil` where it does not count.
  func number(
    _ key: String, of segmentationClass: SegmentationClass, inCase index: Int,
    undefined policy: UndefinedScorePolicy
  ) -> Double? {
    if case .number(let value) = contribution(key, of: segmentationClass, inCase: index, policy) {
      value
    } else {
      nil
    }
  }

  private func contribution(
    _ key: String, of segmentationClass: SegmentationClass, inCase index: Int, _ policy: UndefinedScorePolicy
  ) -> UndefinedScorePolicy.Contribution {
    guard let metric = metrics.first(where: { $0.key == key }) else {
      shapePreconditionFailure("the report has no metric \(key), but \(metrics.map(\.key))")
    }
    // A class that an evaluator without a list did not meet in a case is absent from both maps.
    let score = cases[index][segmentationClass.label]?[key] ?? .undefined(.bothEmpty)
    return policy.contribution(
      of: score, quantity: metric.quantity, imageDiagonal: cases[index].imageDiagonalInMillimeters)
  }
}
