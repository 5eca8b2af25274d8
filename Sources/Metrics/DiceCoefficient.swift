/// The Dice similarity coefficient (DSC, the F1 score of voxels): 1 for equal masks, 0 for disjoint ones.
///
/// `2 TP / (2 TP + FP + FN)`, with TP the voxels in both masks, FP those of the prediction alone and FN those
/// of the reference alone. Both masks empty: undefined. One empty: 0.
///
/// Source: Dice, 1945; equation 6.1 of Taha and Hanbury, "Metrics for evaluating 3D medical image
/// segmentation", 2015.
public struct DiceCoefficient: OverlapMetric, Hashable {
  public init() {}
  public var key: String { "dice" }

  public func score(_ counts: ConfusionCounts) -> Score {
    let overlap = 2 * Double(counts.truePositives)
    let sizes = Double(counts.predictedPositives) + Double(counts.referencePositives)
    return .ratio(overlap, sizes, orUndefined: .bothEmpty)
  }
}
