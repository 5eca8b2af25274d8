public import Tensor

/// A score of a predicted against a reference mask.
///
/// The two kinds differ in what they are computed from, and so in cost: an ``OverlapMetric`` needs four
/// counts, a ``SurfaceMetric`` the distances between two surfaces. Write your own by conforming to one of
/// them; ``SegmentationEvaluator`` then scores it beside the built-in ones.
public protocol SegmentationMetric: Sendable {
  /// A short name for tables and files, with the unit where there is one: `dice`, `hd95_mm`.
  var key: String { get }
  /// What the number measures.
  var quantity: MetricQuantity { get }
}

/// What a metric's number measures.
public enum MetricQuantity: Hashable, Sendable {
  /// A share between 0 and 1; larger is better.
  case overlap
  /// A distance in millimetres; smaller is better.
  case distanceInMillimeters
  /// A signed difference; 0 is best.
  case signedDifference
}

/// A metric of the four confusion counts.
public protocol OverlapMetric: SegmentationMetric {
  /// The score for these counts.
  func score(_ counts: ConfusionCounts) -> Score
}

/// A metric of the distances between two surfaces.
public protocol SurfaceMetric: SegmentationMetric {
  /// Which surface the metric is about; what ``score(prediction:reference:spacing:)`` measures.
  var surface: SurfaceDefinition { get }
  /// The score for these distances.
  func score(_ distances: SurfaceDistances) -> Score
}

extension OverlapMetric {
  public var quantity: MetricQuantity { .overlap }

  /// The score of two masks. O(pixels).
  ///
  /// - Precondition: the masks have equal shapes.
  public func score(prediction: BinaryMask, reference: BinaryMask) -> Score {
    score(ConfusionCounts(prediction: prediction, reference: reference))
  }
}

extension SurfaceMetric {
  public var quantity: MetricQuantity { .distanceInMillimeters }
  public var surface: SurfaceDefinition { .boundaryVoxels(.faces) }

  /// The score of two masks. For several metrics of the same masks make one ``SurfaceDistances`` and score
  /// that: it holds all the cost.
  ///
  /// - Precondition: the masks have equal shapes, and the spacing as many axes.
  public func score(prediction: BinaryMask, reference: BinaryMask, spacing: VoxelSpacing) -> Score {
    score(
      SurfaceDistances(prediction: prediction, reference: reference, spacing: spacing, between: surface))
  }
}
