/// Simple linear iterative clustering (SLIC): superpixels of an image, supervoxels of a volume.
///
/// SLIC is k-means on color and position. Centers start on a regular grid of step S; each pixel joins the
/// nearest center among those at most S away along every axis, centers move to the means of their pixels,
/// and so on. The squared distance of pixel i to center k is
///
///     D^2 = |f_i - f_k|^2 + (compactness / S)^2 |x_i - x_k|^2
///
/// with the features f (lightness, L\*a\*b\*, or what `colorConversion` says) and positions x in the
/// units of `spacing`. At the end every label is one connected piece, and labels are 0 ..< count.
///
///     let superpixels = try SLIC(segmentCount: 100, compactness: 10).segment(image)
///     superpixels.labels      // LabelMap of the image's size
///     superpixels.count       // the number delivered
///
/// The result does not depend on the number of threads. Time O(pixels * iterations); see ``SLICScratch``
/// for memory.
///
/// Source: R. Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", IEEE
/// TPAMI 34(11), 2012.
public struct SLIC: Hashable, Sendable {
  /// Which algorithm's labels are delivered.
  public enum Mode: Hashable, Sendable {
    /// This library's own: window of one step, true convergence test, small pieces merged smallest first.
    case standard
    /// The labels of scikit-image 0.26's `slic`, pixel by pixel, with its quirks: a window of two steps of a second
    /// grid, no early stop, clusters that lose all pixels lost for good (0 / 0), small pieces joined to the piece
    /// scanned before. Slower; for comparison with Python.
    ///
    /// Two inputs may differ. Masked runs begin at other seeds (there they are random). And L\*a\*b\* of three
    /// channels takes powers and products whose last bit depends on NumPy's build and the processor; where two
    /// clusters are equally near, that bit decides.
    case skimageCompatible
  }

  /// How color and position are balanced.
  public enum Variant: Hashable, Sendable {
    /// One compactness for all superpixels.
    case slic
    /// SLICO: each superpixel divides its color term by the largest squared color distance (in units of the
    /// compactness) seen among its pixels so far, so that smooth and textured regions come out equally
    /// regular.
    case slico
  }

  /// What the color term of the distance is computed from. Intensities are always rescaled to 0...1 over
  /// the (unmasked) pixels of all channels first.
  public enum ColorConversion: Hashable, Sendable {
    /// Three channels are taken as sRGB and become L\*a\*b\*; any other number is put on 0...100. In
    /// `skimageCompatible` other numbers of channels stay in 0...1, as the reference does.
    case automatic
    /// sRGB to L\*a\*b\* (D65, 2-degree observer). Needs three channels.
    case lab
    /// Each channel times 100: the scale of L\*, on which a compactness of 10 balances color and space.
    case lightness
    /// Each channel in 0...1; a useful compactness is then about .1.
    case unit
  }

  /// How pieces of a label that are not connected, or too small, are treated.
  public enum Connectivity: Hashable, Sendable {
    /// Every connected piece gets a label of its own; pieces below the minimum size join a neighbor,
    /// smallest first.
    case enforced
    /// Labels stay as the clustering left them; a label may have many pieces.
    case unenforced
  }

  /// Which neighbor a piece below the minimum size joins.
  public enum SmallSegmentRule: Hashable, Sendable {
    /// The one whose mean color is closest (ties: longer border, then lower label).
    case closestMean
    /// The one with the longest shared border (ties: closer mean, then lower label).
    case longestBorder
  }

  /// When iterations end.
  public enum Convergence: Hashable, Sendable {
    /// After `maximumIterations`, or when a pass changes no label: more passes would change nothing.
    case unchangedLabels
    /// After `maximumIterations`, or when a pass changes at most this share (0...1) of the labels.
    case changedShare(atMost: Double)
    /// After exactly `maximumIterations`.
    case never
  }

  /// Where the centers begin.
  public enum Start: Hashable, Sendable {
    /// On a regular grid, or in cells of equal size inside a mask.
    case grid
    /// Where earlier centers ended: the frame or the slice before. Their number takes the place of
    /// `segmentCount`.
    case centers(SLICCenters)
    /// Where the last call with the same scratch ended, without a copy; on the grid when that had another
    /// number of channels or of axes.
    case previousCall
  }

  /// How many superpixels are asked for. The delivered number differs a little: seeds lie on a grid, and
  /// pieces are split and merged.
  public var segmentCount: SegmentCount
  /// Weight of position against color; higher gives squarer superpixels. Greater than 0.
  public var compactness: Double
  /// Passes over the image at most. At least 1.
  public var maximumIterations: Int
  /// The algorithm; see `Mode`.
  public var mode = Mode.standard
  /// The balance of color and position; see `Variant`.
  public var variant = Variant.slic
  /// The color features; see `ColorConversion`.
  public var colorConversion = ColorConversion.automatic
  /// Standard deviation of a Gaussian that smooths the features first, in units of `spacing` (pixels
  /// without it); 0 for none.
  public var sigma = 0.0
  /// Distance between neighbors along each axis, outermost first (two values for an image, three for a
  /// volume), as in `VoxelSpacing.millimeters`; empty for 1 along every axis. Superpixels are then compact in these
  /// units, and the seeds' grid follows them.
  public var spacing: [Double] = []
  /// A pixel is compared with the centers at most this many steps away along each axis. At least .75.
  public var windowInSteps = 1.0
  /// In all passes but the last, only every n-th row is visited, another one each time. 1 visits all; 3 is
  /// about twice as fast for a loss of quality that is hard to measure. `convergence` is then not tested.
  public var rowStride = 1
  /// When iterations end.
  public var convergence = Convergence.unchangedLabels
  /// Whether each label is made one piece.
  public var connectivity = Connectivity.enforced
  /// Pieces below this share of the mean size (pixels / segments), rounded down, join a neighbor. 0 keeps all pieces.
  public var minimumSizeFactor = 0.5
  /// Superpixels above this share of the mean size, rounded up, are split, at least 1; `nil` for no limit (3 in
  /// `skimageCompatible`, the reference's value). Afterwards one is larger only where a piece below
  /// the minimum size had no smaller neighbor to join.
  public var maximumSizeFactor: Double?
  /// Which neighbor they join.
  public var smallSegmentRule = SmallSegmentRule.closestMean

  /// - Parameters:
  ///   - segmentCount: About how many superpixels. At least 1; more than pixels gives one for each pixel.
  ///   - compactness: Weight of position against color, greater than 0.
  ///   - maximumIterations: Passes at most, at least 1.
  public init(segmentCount: Int = 100, compactness: Double = 10, maximumIterations: Int = 10) {
    self.init(
      segmentCount: .fixed(segmentCount), compactness: compactness, maximumIterations: maximumIterations)
  }

  /// - Parameters:
  ///   - segmentCount: The number or size of the superpixels.
  ///   - compactness: Weight of position against color, greater than 0.
  ///   - maximumIterations: Passes at most, at least 1.
  public init(segmentCount: SegmentCount, compactness: Double = 10, maximumIterations: Int = 10) {
    self.segmentCount = segmentCount
    self.compactness = compactness
    self.maximumIterations = maximumIterations
  }
}
