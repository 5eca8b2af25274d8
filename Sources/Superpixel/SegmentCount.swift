/// How many superpixels are asked for.
public enum SegmentCount: Hashable, Sendable, ExpressibleByIntegerLiteral {
  /// About this many.
  case fixed(Int)
  /// Superpixels of about this many pixels (voxels) each.
  case size(Int)

  public init(integerLiteral value: Int) { self = .fixed(value) }
}
