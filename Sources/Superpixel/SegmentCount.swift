/// How many superpixels are asked for.
public enum SegmentCount: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// About this many.
  case fixed(Int)
  /// Superpixels of about this many pixels (voxels) each.
  case size(Int)
  /// Superpixels of about the area of a square, or supervoxels of about the volume of a cube, with this edge in
  /// millimeters: as many as that makes, whatever the resolution. Needs `SLIC.spacing`.
  case edge(millimeters: Double)
  /// As many as the image itself calls for; see ``AdaptiveCount``.
  case adaptive(AdaptiveCount)

  /// The adaptive count with its defaults.
  public static var adaptive: SegmentCount { .adaptive(AdaptiveCount()) }

  public init(integerLiteral value: Int) { self = .fixed(value) }
}

/// A number of superpixels that follows the image: cut finely, then merge while that costs no more than noise.
///
/// The image is cut into `finestCount` superpixels. Neighbors then merge along a ``MergeTree``, cheapest first,
/// as long as the merge adds at most `tolerance * v` to the squared error, where v is the median variance inside
/// the fine superpixels: the noise and texture that even they leave. Two halves of one region differ by noise
/// alone, which costs a small multiple of v; two regions differ by n times their squared contrast. So the count
/// rises with the number of regions and falls with the noise, and there is nothing to set by hand for each image.
///
/// Merging goes by color alone: superpixels of a large even region become one. What has fewer pixels than
/// `minimumSize` at the end joins the neighbor of the closest mean, smallest first.
public struct AdaptiveCount: Hashable, Sendable {
  /// Superpixels before merging, but at most one for 16 pixels. At least 1.
  public var finestCount: Int
  /// The cost at which merging stops, in units of the median variance of the fine superpixels. Not negative;
  /// lower gives more superpixels.
  public var tolerance: Double
  /// The least pixels of a superpixel, where it has a neighbor to join. At least 1, which is the default and joins none.
  public var minimumSize: Int

  public init(finestCount: Int = 400, tolerance: Double = 60, minimumSize: Int = 1) {
    self.finestCount = finestCount
    self.tolerance = tolerance
    self.minimumSize = minimumSize
  }

  /// 800 superpixels before merging, which stops early, at 8: where small structures must not be lost. On slices of a CT
  /// its under-segmentation error is that of the best fixed count, 400, with 250 segments; the default has less
  /// than a third as many, and 1.75 times the error.
  public static let fine = AdaptiveCount(finestCount: 800, tolerance: 8)
}
