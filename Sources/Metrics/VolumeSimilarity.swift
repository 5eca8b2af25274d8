/// Volume similarity: 1 where prediction and reference are equally large, wherever they lie; 0 where one is
/// empty.
///
/// `1 - |A - B| / (A + B)` with the foreground counts A of the prediction and B of the reference. Not the
/// number that ITK calls volume similarity: that is ``SignedVolumeDifference``. Both empty: undefined.
///
/// Source: equation 19 of Taha and Hanbury, 2015.
public struct VolumeSimilarity: OverlapMetric, Hashable {
  public init() {}
  public var key: String { "volume_similarity" }

  public func score(_ counts: ConfusionCounts) -> Score {
    let predicted = Double(counts.predictedPositives)
    let actual = Double(counts.referencePositives)
    guard predicted + actual > 0 else { return .undefined(.bothEmpty) }
    return .value(1 - (predicted - actual).magnitude / (predicted + actual))
  }
}

/// The signed difference in volume, relative to the mean volume: negative where the prediction is too small,
/// from -2 (empty prediction) over 0 (equal volumes) to 2 (empty reference).
///
/// `2 (A - B) / (A + B)` with the foreground counts A of the prediction and B of the reference; ITK's overlap
/// filter calls it volume similarity. Both empty: undefined.
public struct SignedVolumeDifference: OverlapMetric, Hashable {
  public init() {}
  public var key: String { "signed_volume_difference" }
  public var quantity: MetricQuantity { .signedDifference }

  public func score(_ counts: ConfusionCounts) -> Score {
    let predicted = Double(counts.predictedPositives)
    let actual = Double(counts.referencePositives)
    return .ratio(2 * (predicted - actual), predicted + actual, orUndefined: .bothEmpty)
  }
}
