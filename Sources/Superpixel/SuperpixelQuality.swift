public import Tensor

/// How superpixels fit a labeled image.
///
/// Superpixels carry information only as far as they beat the cells of a regular grid of the same count, so
/// every score stands beside the grid's. Pixels with a negative label in either map are left out. Labels need be neither
/// dense nor small.
public enum SuperpixelQuality {
  /// A score of superpixels and of the regular grid with as many cells.
  public struct Comparison<Score: Hashable & Sendable>: Hashable, Sendable {
    public let superpixels: Score
    public let regularGrid: Score
  }

  /// How far superpixels reach across the boundaries of the labels.
  public struct Leakage: Hashable, Sendable {
    /// The share of superpixels that hold pixels of more than one label, in 0...1.
    public let crossingShare: Double
    /// The share of pixels outside the most frequent label of their superpixel, in 0...1: 1 - ASA.
    public let leakedMass: Double

    public init(crossingShare: Double, leakedMass: Double) {
      self.crossingShare = crossingShare
      self.leakedMass = leakedMass
    }
  }

  /// The under-segmentation error in the three forms in use, for segments s and labels g of N pixels. All are
  /// 0 when no segment crosses a boundary.
  public struct UndersegmentationError: Hashable, Sendable {
    /// Van den Bergh: sum over s of |s outside its most frequent g|, over N. In 0...1; equals 1 - ASA.
    public let vanDenBergh: Double
    /// Neubert and Protzel: sum over touching pairs of min(|s in g|, |s outside g|), over N.
    public let neubertProtzel: Double
    /// Levinshtein: mean over g of (sum of |s| over the s that touch g, less |g|) / |g|. Not bounded by 1.
    public let levinshtein: Double
  }

  /// Leakage of superpixels over the boundaries of a labeled image, beside that of the regular grid.
  ///
  ///     let leakage = SuperpixelQuality.leakage(of: superpixels.labels, against: organs)
  ///     print(leakage.superpixels.leakedMass, leakage.regularGrid.leakedMass)
  ///
  /// Without pixels both figures are 0.
  ///
  /// - Precondition: the maps have one shape.
  public static func leakage(of superpixels: LabelMap, against reference: LabelMap) -> Comparison<Leakage> {
    compare(superpixels, reference) { segments in
      let overlaps = SegmentOverlaps(segments, reference)
      var (crossing, count) = (0, 0)
      overlaps.forEachSegment { parts in
        count += 1
        if parts.count > 1 { crossing += 1 }
      }
      return Leakage(
        crossingShare: count > 0 ? Double(crossing) / Double(count) : 0,
        leakedMass: leakedMass(overlaps))
    }
  }

  /// Achievable segmentation accuracy: the share of pixels that are right when each superpixel takes its most
  /// frequent label, in 0...1; 1 without pixels.
  ///
  /// - Precondition: the maps have one shape.
  public static func achievableSegmentationAccuracy(
    of superpixels: LabelMap, against reference: LabelMap
  ) -> Comparison<Double> {
    compare(superpixels, reference) { 1 - leakedMass(SegmentOverlaps($0, reference)) }
  }

  /// The under-segmentation error in three forms.
  ///
  /// - Precondition: the maps have one shape.
  public static func undersegmentationError(
    of superpixels: LabelMap, against reference: LabelMap
  ) -> Comparison<UndersegmentationError> {
    compare(superpixels, reference) { undersegmentationError(SegmentOverlaps($0, reference)) }
  }

  /// The share of the labels' boundary pixels with a superpixel boundary at most `radius` pixels away along each
  /// axis, in 0...1; 1 when the labels have no boundary.
  ///
  /// A boundary pixel has a neighbor (4 in an image, 6 in a volume) of another label, so boundaries are two
  /// pixels wide. A common radius is `.0025` of the diagonal, rounded; see `boundaryRadius(of:)`.
  ///
  /// - Precondition: the maps have one shape; `radius` is not negative.
  public static func boundaryRecall(
    of superpixels: LabelMap, against reference: LabelMap, radius: Int = 0
  ) -> Comparison<Double> {
    shapePrecondition(radius >= 0, "a radius is at least 0, not \(radius)")
    let wanted = reference.boundaries(.thick)
    return compare(superpixels, reference) { boundaryRecall($0, wanted, radius) }
  }

  /// The customary radius of boundary recall: .0025 of the image's diagonal, rounded.
  public static func boundaryRadius(of shape: TensorShape) -> Int {
    let squares = shape.dimensions.reduce(0.0) { $0 + Double($1) * Double($1) }
    return Int((0.0025 * squares.squareRoot()).rounded())
  }

  /// The share of the image's variance that the superpixels' mean colors explain, in 0...1, over all channels;
  /// 1 for a constant image.
  ///
  /// - Precondition: the image has the map's extents.
  public static func explainedVariation(of superpixels: LabelMap, image: Tensor<Float>) -> Comparison<Double>
  {
    compare(superpixels.relabeled(), superpixels) { segments in
      let statistics = SegmentStatistics(of: segments, image: image)
      let total = SegmentStatistics(of: segments.wholeImage, image: image)
      guard total.count > 0 else { return 1 }
      var (within, all) = (0.0, 0.0)
      for label in 0..<statistics.count {
        within += statistics.variance(of: label).reduce(0, +) * Double(statistics.areas[label])
      }
      all = total.variance(of: 0).reduce(0, +) * Double(total.areas[0])
      return all > 0 ? 1 - within / all : 1
    }
  }

  /// How round the superpixels are, weighted by size: 4 pi area / perimeter^2 in an image, 36 pi volume^2 /
  /// surface^3 in a volume; pi / 4 for a square, pi / 6 for a cube. The border of the image counts as perimeter.
  public static func compactness(of superpixels: LabelMap) -> Comparison<Double> {
    compare(superpixels.relabeled(), superpixels) { meanCompactness($0) }
  }

  private static func compare<Score>(
    _ superpixels: LabelMap, _ reference: LabelMap, _ score: (LabelMap) -> Score
  ) -> Comparison<Score> {
    shapePrecondition(
      superpixels.shape == reference.shape,
      "superpixels \(superpixels.shape) and labels \(reference.shape) differ in shape")
    return Comparison(
      superpixels: score(superpixels), regularGrid: score(LabelMap(regularGridLike: superpixels)))
  }
}
