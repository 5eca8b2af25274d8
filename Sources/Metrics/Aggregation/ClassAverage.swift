/// How the scores of several classes become one.
public enum ClassAverage: Hashable, Sendable, CaseIterable {
  /// The mean of the classes' scores: every class weighs alike. Classes absent from both maps are skipped.
  case macro
  /// The score of the classes' counts together: every voxel weighs alike.
  case micro
  /// The mean of the classes' scores weighted by their size in the reference.
  case weighted

  /// The average of an overlap metric over classes, from their counts. O(classes).
  ///
  /// Undefined with ``UndefinedScore/bothEmpty`` where no class has a score. A class whose score is undefined
  /// for another reason (the recall of a class that the reference lacks) is skipped too.
  public func score(_ metric: some OverlapMetric, of counts: [ConfusionCounts]) -> Score {
    switch self {
    case .micro:
      return metric.score(counts.reduce(.zero, +))
    case .macro:
      return mean(counts.compactMap { counts in metric.score(counts).value.map { ($0, 1) } })
    case .weighted:
      return mean(
        counts.compactMap { counts in
          metric.score(counts).value.map { ($0, Double(counts.referencePositives)) }
        })
    }
  }

  private func mean(_ scores: [(value: Double, weight: Double)]) -> Score {
    let weight = scores.reduce(0) { $0 + $1.weight }
    return .ratio(scores.reduce(0) { $0 + $1.value * $1.weight }, weight, orUndefined: .bothEmpty)
  }
}
