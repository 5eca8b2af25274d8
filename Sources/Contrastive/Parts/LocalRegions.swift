/// Where GCL's local stage compares two maps of features: regions of 3 pixels a side, and for each of them the places that are
/// its negatives.
///
/// With m = side - 4 along each axis, the regions begin at the corners, the middles of the edges and the middle,
/// `{0, m/2, m}` along each axis, and at `{m/4, 3m/4}`: 13 in a slice, 35 in a volume. Each has five negatives near by; in a
/// slice those of the released code's table, four places among them that are no regions themselves; in a volume, which that
/// code does not have, the five nearest regions.
///
/// Source: the released code of Chaitanya et al., NeurIPS 2020, for 13 regions of 3 x 3.
public struct LocalRegions: Sendable, Hashable {
  /// Where places begin, in quarters of m along each axis; the first of them are the regions.
  public let places: [[Int]]
  /// For each region the places that are its negatives.
  public let negatives: [[Int]]
  /// Pixels of a region along each axis: 3.
  public static let side = 3
  /// The negatives of each region: 5.
  public static let negativeCount = 5
  /// The least side of a map, at which all places differ: 8.
  public static let leastMapSide = 8

  /// The regions of a slice (2 axes) or of a volume (3).
  public init(axes: Int) {
    if axes == 2 {
      places = Self.sliceRegions + [[1, 2], [2, 1], [2, 3], [3, 2]]
      negatives = Self.sliceNegatives
    } else {
      let places = Self.grid([0, 2, 4], axes: axes) + Self.grid([1, 3], axes: axes)
      func distance(_ a: Int, _ b: Int) -> Int {
        zip(places[a], places[b]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      negatives = places.indices.map { region in
        let others = places.indices.filter { $0 != region }
        return Array(
          others.sorted { (distance($0, region), $0) < (distance($1, region), $1) }.prefix(Self.negativeCount)
        )
      }
      self.places = places
    }
  }

  /// The first pixel of every place in a map of these sides.
  public func corners(inMapOf sides: [Int]) -> [[Int]] {
    places.map { zip($0, sides).map { quarter, side in quarter * (side - 4) / 4 } }
  }

  private static func grid(_ values: [Int], axes: Int) -> [[Int]] {
    (0..<axes).reduce([[]]) { points, _ in points.flatMap { point in values.map { point + [$0] } } }
  }

  private static let sliceRegions = [
    [0, 0], [0, 2], [0, 4], [2, 0], [2, 2], [2, 4], [4, 0], [4, 2], [4, 4], [1, 1], [1, 3], [3, 1], [3, 3],
  ]

  /// In the numbers of the places: 13 is (1, 2), 14 (2, 1), 15 (2, 3), 16 (3, 2).
  private static let sliceNegatives = [
    [1, 9, 13, 3, 14], [0, 2, 9, 10, 4], [1, 13, 10, 15, 5], [0, 9, 4, 6, 11], [9, 10, 11, 12, 3],
    [2, 4, 8, 10, 12], [3, 14, 7, 11, 16], [4, 6, 8, 11, 12], [15, 5, 7, 12, 16], [0, 1, 3, 4, 10],
    [1, 2, 9, 4, 5], [3, 4, 6, 7, 12], [4, 5, 7, 8, 11],
  ]
}

/// Which regions attract in GCL's local stage.
public enum LocalPairs: String, Sendable, Hashable, Codable {
  /// L^R, the default: the same region of two versions of an image.
  case withinImage
  /// L^D: that, and the same region of the same part of two other volumes. A batch is one slice of each part of three volumes,
  /// or of a multiple of three. The group behind SuperCL never ran it, as far as its number of parameters tells (inferred).
  case acrossVolumes
}
