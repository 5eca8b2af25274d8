public import Tensor

/// The scores of one case: a volume, an image or a slice.
public struct CaseScores: Sendable {
  /// What tables call the case: a patient, a file.
  public let name: String
  /// One entry per class, in the evaluator's order.
  public let classes: [ClassScores]
  /// The diagonal of the image in millimetres, by the extents of its elements:
  /// `sqrt(sum_i (n_i s_i)^2)`. No surface distance is longer; a worst value for missed classes.
  public let imageDiagonalInMillimeters: Double

  public init(name: String, classes: [ClassScores], imageDiagonalInMillimeters: Double) {
    self.name = name
    self.classes = classes
    self.imageDiagonalInMillimeters = imageDiagonalInMillimeters
  }

  /// The scores of a label, or `nil` when it was not scored.
  public subscript(label: Int32) -> ClassScores? { classes.first { $0.segmentationClass.label == label } }

  /// The diagonal of a grid in millimetres. Of a volume with an axis of one voxel it is that of the image, as for
  /// ``SurfaceDistances``: along such an axis nothing is far.
  ///
  /// - Precondition: shape and spacing have equally many axes.
  public static func imageDiagonalInMillimeters(of shape: TensorShape, spacing: VoxelSpacing) -> Double {
    shapePrecondition(
      shape.rank == spacing.rank, "a grid \(shape) needs \(shape.rank) spacings, not \(spacing)")
    var extents = Array(zip(shape.dimensions, spacing.millimeters))
    if shape.rank == 3, let axis = shape.dimensions.firstIndex(of: 1) { extents.remove(at: axis) }
    return
      extents
      .reduce(0) { $0 + (Double($1.0) * $1.1) * (Double($1.0) * $1.1) }.squareRoot()
  }
}

/// The scores of one class in one case.
public struct ClassScores: Sendable {
  public let segmentationClass: SegmentationClass
  public let counts: ConfusionCounts
  /// A score per metric, by the metric's key.
  public let scores: [String: Score]

  public init(segmentationClass: SegmentationClass, counts: ConfusionCounts, scores: [String: Score]) {
    self.segmentationClass = segmentationClass
    self.counts = counts
    self.scores = scores
  }

  /// The score of a metric by its key; `nil` when it was not computed.
  public subscript(key: String) -> Score? { scores[key] }
  /// The score of a metric; `nil` when it was not computed.
  public subscript(metric: some SegmentationMetric) -> Score? { scores[metric.key] }

  /// The reference has the class and the prediction does not.
  public var isMissed: Bool { counts.emptiness == .prediction }
  /// The prediction has the class and the reference does not.
  public var isFalseAlarm: Bool { counts.emptiness == .reference }
}
