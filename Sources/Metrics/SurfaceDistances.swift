public import Tensor

/// The distances between the surfaces of two masks, both ways: the one expensive value behind Hausdorff
/// distance, average surface distance and surface Dice.
///
/// Make it once and score it with as many metrics as you like:
///
///     let distances = SurfaceDistances(prediction: predicted, reference: truth, spacing: spacing)
///     HausdorffDistance(percentile: 95).score(distances)
///     AverageSurfaceDistance(.symmetric).score(distances)
///     SurfaceDice(toleranceInMillimeters: 2).score(distances)
///
/// For every point of one surface it holds the Euclidean distance in millimetres to the nearest point of the
/// other. Work happens in the box around both masks: time O(box) as a rule and O(box) with a larger constant
/// when the surfaces lie far apart; memory 4 bytes a voxel of the box (10 when far apart), and 8 bytes a surface
/// point for the result.
/// Values do not depend on the number of threads.
///
/// A volume with an axis of one voxel, as `[1, height, width]`, is an image: that axis is left out, whichever it
/// is. Outside the image is background, so that every voxel of a slab one voxel thick would be surface, and any two
/// overlapping masks would score a distance of 0 where they overlap.
public struct SurfaceDistances: Sendable {
  /// The distances from the points of one surface to the other surface.
  public struct Directed: Hashable, Sendable {
    /// A distance for each point, in the row-major order of the points.
    public let millimeters: [Double]
    /// The area in mm^2 (in 2-D the length in mm) of the surface at each point; `nil` for points that have
    /// none: ``SurfaceDefinition/boundaryVoxels(_:)`` and ``SurfaceDefinition/sets``.
    public let elementAreas: [Double]?

    /// - Precondition: as many areas as distances, if any.
    public init(millimeters: [Double], elementAreas: [Double]? = nil) {
      shapePrecondition(
        elementAreas == nil || elementAreas?.count == millimeters.count,
        "\(millimeters.count) distances and \(elementAreas?.count ?? 0) areas")
      self.millimeters = millimeters
      self.elementAreas = elementAreas
    }
  }

  /// From the prediction's surface to the reference's; empty when either mask is.
  public let predictionToReference: Directed
  /// From the reference's surface to the prediction's; empty when either mask is.
  public let referenceToPrediction: Directed
  /// Which of the masks is empty, if any: then there are no distances.
  public let emptiness: EmptyMasks?
  /// What the points are.
  public let surface: SurfaceDefinition

  /// Measures two masks of one grid.
  ///
  /// - Parameters:
  ///   - spacing: millimetres per axis. There is no default: a distance in voxels is seldom what is meant.
  ///     `VoxelSpacing(row: 1, column: 1)` gives pixels.
  ///   - surface: which points to measure between.
  ///   - prediction: The predicted segmentation.
  ///   - reference: The reference segmentation.
  /// - Precondition: the masks have equal shapes, and the spacing as many axes.
  public init(
    prediction: BinaryMask, reference: BinaryMask, spacing: VoxelSpacing,
    between surface: SurfaceDefinition = .boundaryVoxels(.faces)
  ) {
    shapePrecondition(
      prediction.shape == reference.shape,
      "prediction \(prediction.shape) and reference \(reference.shape) differ in shape")
    self = prediction.values.withUnsafeBufferPointer { first in
      reference.values.withUnsafeBufferPointer { second in
        let predicted = MaskSource(first, shape: prediction.shape)
        let actual = MaskSource(second, shape: prediction.shape)
        return SurfaceDistances(
          predicted, in: predicted.boundingBox(), actual, in: actual.boundingBox(), spacing: spacing, surface)
      }
    }
  }

  /// Measures two masks whose boxes are known.
  init(
    _ prediction: MaskSource, in predictionBox: VoxelBox, _ reference: MaskSource, in referenceBox: VoxelBox,
    spacing: VoxelSpacing, _ surface: SurfaceDefinition
  ) {
    shapePrecondition(
      spacing.rank == prediction.rank,
      "masks of rank \(prediction.rank) need as many spacings, not \(spacing)")
    if let (image, axis) = prediction.asImage, let (other, _) = reference.asImage {
      var millimeters = spacing.millimeters
      millimeters.remove(at: axis)
      self.init(
        image, in: predictionBox.without(axis: axis), other, in: referenceBox.without(axis: axis),
        spacing: VoxelSpacing(millimeters), surface)
      return
    }
    if let emptiness = EmptyMasks(
      predictionIsEmpty: predictionBox.isEmpty, referenceIsEmpty: referenceBox.isEmpty)
    {
      self.init(empty: emptiness, surface)
      return
    }
    let box = predictionBox.union(referenceBox)
    let predicted = SurfacePoints(of: PaddedMask(prediction, box: box), surface)
    let actual = SurfacePoints(of: PaddedMask(reference, box: box), surface)
    let nearest = NearestDistances(spacing: spacing.planeRowColumn)
    let areas = surface == .surfels ? SurfelAreas(spacing: spacing) : nil
    self.init(
      predictionToReference: Directed(
        millimeters: nearest.distances(from: predicted, to: actual), elementAreas: areas?.areas(of: predicted)
      ),
      referenceToPrediction: Directed(
        millimeters: nearest.distances(from: actual, to: predicted), elementAreas: areas?.areas(of: actual)),
      emptiness: nil, surface: surface)
  }

  private init(empty: EmptyMasks, _ surface: SurfaceDefinition) {
    self.init(
      predictionToReference: Directed(millimeters: []), referenceToPrediction: Directed(millimeters: []),
      emptiness: empty, surface: surface)
  }

  private init(
    predictionToReference: Directed, referenceToPrediction: Directed, emptiness: EmptyMasks?,
    surface: SurfaceDefinition
  ) {
    self.predictionToReference = predictionToReference
    self.referenceToPrediction = referenceToPrediction
    self.emptiness = emptiness
    self.surface = surface
  }

  /// All distances of both directions: the prediction's first.
  public var pooledMillimeters: [Double] {
    predictionToReference.millimeters + referenceToPrediction.millimeters
  }
}
