/// The Jaccard index (JC, intersection over union, IoU): 1 for equal masks, 0 for disjoint ones.
///
/// `TP / (TP + FP + FN)`; with the Dice coefficient D it is `D / (2 - D)`. Its mean over classes is what
/// papers call mIoU. Both masks empty: undefined. One empty: 0.
///
/// Source: Jaccard, 1912.
public struct JaccardIndex: OverlapMetric, Hashable {
  public init() {}
  public var key: String { "jaccard" }

  public func score(_ counts: ConfusionCounts) -> Score {
    let union = counts.truePositives + counts.falsePositives + counts.falseNegatives
    return .ratio(Double(counts.truePositives), Double(union), orUndefined: .bothEmpty)
  }
}
