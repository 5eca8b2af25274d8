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
/// rises with the detail of an image, and there is nothing to set by hand for each.
///
/// The default stops where merging begins to cost what noise alone rarely costs: of n pixels whose value differs by c standard
/// deviations from that of their surroundings, `n c^2` above 6 stays. On slices of CT and MRI its leaked mass is that of the best fixed
/// count of up to 400, chosen by the labels. The price is that white noise whose deviation comes near to a third of
/// `SLIC.compactness` is cut like detail; ``coarse`` merges it.
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

  public init(finestCount: Int = 800, tolerance: Double = 6, minimumSize: Int = 1) {
    self.finestCount = finestCount
    self.tolerance = tolerance
    self.minimumSize = minimumSize
  }

  /// 400 superpixels before merging, which goes on to a tolerance of 60: about as many segments as there are regions whose
  /// contrast the eye sees. Of k regions in noise it makes k to 3 k. On slices of a CT it leaves 78 of them where the default
  /// leaves 272, and 1.7 times the leaked mass: small and faint structures join their surroundings.
  public static let coarse = AdaptiveCount(finestCount: 400, tolerance: 60)
}
