public import Tensor

/// How superpixels fit a labeled image.
///
/// Superpixels carry information only as far as they beat the cells of a regular grid of the same count, so
/// every score stands beside the grid's.
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

  /// Leakage of superpixels over the boundaries of a labeled image, beside that of the regular grid.
  ///
  ///     let leakage = SuperpixelQuality.leakage(of: superpixels.labels, against: organs)
  ///     print(leakage.superpixels.leakedMass, leakage.regularGrid.leakedMass)
  ///
  /// Pixels with a negative label in either map are left out. Without pixels both figures are 0.
  ///
  /// - Precondition: the maps have one shape.
  public static func leakage(of superpixels: LabelMap, against reference: LabelMap) -> Comparison<Leakage> {
    precondition(
      superpixels.shape == reference.shape,
      "superpixels \(superpixels.shape) and labels \(reference.shape) differ in shape")
    let grid = LabelMap(regularGridLike: superpixels)
    return Comparison(
      superpixels: leakage(SegmentOverlaps(superpixels, reference)),
      regularGrid: leakage(SegmentOverlaps(grid, reference)))
  }

  private static func leakage(_ overlaps: SegmentOverlaps) -> Leakage {
    var (crossing, segments, kept) = (0, 0, 0)
    overlaps.forEachSegment { parts in
      segments += 1
      if parts.count > 1 { crossing += 1 }
      kept += parts.map(\.pixels).max() ?? 0
    }
    return Leakage(
      crossingShare: segments > 0 ? Double(crossing) / Double(segments) : 0,
      leakedMass: overlaps.pixelCount > 0 ? 1 - Double(kept) / Double(overlaps.pixelCount) : 0)
  }
}

/// How many pixels each superpixel shares with each label.
struct SegmentOverlaps {
  struct Part: Hashable {
    var segment: Int32
    var label: Int32
    var pixels: Int
  }

  /// Ordered by segment, then label; only pairs that occur.
  private(set) var parts: [Part] = []
  private(set) var pixelCount = 0

  init(_ segments: LabelMap, _ reference: LabelMap) {
    var pairs: [UInt64: Int] = [:]
    segments.labels.withUnsafeBufferPointer { segments in
      reference.labels.withUnsafeBufferPointer { labels in
        var (key, run) = (UInt64.max, 0)
        for index in segments.indices where segments[index] >= 0 && labels[index] >= 0 {
          let pair = UInt64(segments[index]) << 32 | UInt64(labels[index])
          if pair != key {
            if run > 0 { pairs[key, default: 0] += run }
            (key, run) = (pair, 0)
          }
          run += 1
        }
        if run > 0 { pairs[key, default: 0] += run }
      }
    }
    parts = pairs.sorted { $0.key < $1.key }.map {
      Part(segment: Int32($0.key >> 32), label: Int32($0.key & 0xffff_ffff), pixels: $0.value)
    }
    pixelCount = parts.reduce(0) { $0 + $1.pixels }
  }

  func forEachSegment(_ body: (ArraySlice<Part>) -> Void) {
    var start = 0
    while start < parts.count {
      var end = start + 1
      while end < parts.count, parts[end].segment == parts[start].segment { end += 1 }
      body(parts[start..<end])
      start = end
    }
  }
}
