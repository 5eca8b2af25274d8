/// Precision (positive predictive value): the share of the prediction that is right, `TP / (TP + FP)`.
///
/// An empty prediction beside a reference with foreground has no precision: undefined, as is that of two
/// empty masks.
public struct Precision: OverlapMetric, Hashable {
  public init() {}
  public var key: String { "precision" }

  public func score(_ counts: ConfusionCounts) -> Score {
    .ratio(
      Double(counts.truePositives), Double(counts.predictedPositives),
      orUndefined: counts.referencePositives == 0 ? .bothEmpty : .predictionEmpty)
  }
}

/// Recall (sensitivity, true positive rate): the share of the reference that was found, `TP / (TP + FN)`.
///
/// An empty reference has no recall: undefined.
public struct Recall: OverlapMetric, Hashable {
  public init() {}
  public var key: String { "recall" }

  public func score(_ counts: ConfusionCounts) -> Score {
    .ratio(
      Double(counts.truePositives), Double(counts.referencePositives),
      orUndefined: counts.predictedPositives == 0 ? .bothEmpty : .referenceEmpty)
  }
}

/// Specificity (true negative rate): the share of the background left alone, `TN / (TN + FP)`.
///
/// It depends on how much background the image holds, so compare it between equal fields of view only. A
/// reference without background has none: undefined.
public struct Specificity: OverlapMetric, Hashable {
  public init() {}
  public var key: String { "specificity" }

  public func score(_ counts: ConfusionCounts) -> Score {
    .ratio(
      Double(counts.trueNegatives), Double(counts.trueNegatives + counts.falsePositives),
      orUndefined: .noBackground)
  }
}
