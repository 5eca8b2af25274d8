public import Tensor

/// Which segments touch: a graph in compressed sparse rows.
///
/// The neighbors of segment i are `neighbors[offsets[i] ..< offsets[i + 1]]`, ascending; the other tables run
/// beside them. Each pair stands in both rows. Segments touch when they share a face (4 neighbors in an image,
/// 6 in a volume); negative labels are left out.
///
///     let graph = RegionAdjacency(of: superpixels.labels, image: image)
///     for edge in graph.edges(of: 7) { print(graph.neighbors[edge], graph.borderLengths[edge]) }
///
/// O(pixels + b log b) for b faces between segments.
public struct RegionAdjacency: Hashable, Sendable {
  /// The number of segments: the largest label plus one.
  public let count: Int
  /// Where each segment's neighbors begin; `count + 1` values.
  public let offsets: [Int]
  /// The neighboring labels.
  public let neighbors: [Int32]
  /// The number of faces shared with each neighbor.
  public let borderLengths: [Int]
  /// The Euclidean distance of the mean colors; empty without an image.
  public let meanDifferences: [Double]

  /// The same for labels that come from a file.
  ///
  /// - Throws: ``SuperpixelError`` when the largest label is at or beyond `LabelMap.tableBound`.
  public init(validating labels: LabelMap, image: Tensor<Float>? = nil) throws(SuperpixelError) {
    try labels.checkTables()
    self.init(of: labels, image: image)
  }

  /// - Parameters:
  ///   - labels: The segments.
  ///   - image: `labels.shape` or `labels.shape + [channels]`; gives the mean differences.
  /// - Precondition: the image has the map's extents; labels are below `LabelMap.tableBound`.
  public init(of labels: LabelMap, image: Tensor<Float>? = nil) {
    self.init(of: labels, statistics: image.map { SegmentStatistics(of: labels, image: $0) })
  }

  /// - Parameters:
  ///   - labels: The segments.
  ///   - statistics: Of the same labels; gives the mean differences.
  /// - Precondition: labels are below `LabelMap.tableBound`.
  public init(of labels: LabelMap, statistics: SegmentStatistics?) {
    labels.requireTables()
    let pairs = Self.countFaces(labels)
    let count = labels.labelBound
    var offsets = [Int](repeating: 0, count: count + 1)
    for pair in pairs { offsets[Int(pair.a) + 1] += 1 }
    for label in 0..<count { offsets[label + 1] += offsets[label] }
    self.count = count
    self.offsets = offsets
    neighbors = pairs.map(\.b)
    borderLengths = pairs.map(\.faces)
    meanDifferences =
      statistics.map { statistics in
        pairs.map { pair in
          var sum = 0.0
          for channel in 0..<statistics.channels {
            let difference =
              statistics.means[Int(pair.a) * statistics.channels + channel]
              - statistics.means[Int(pair.b) * statistics.channels + channel]
            sum += difference * difference
          }
          return sum.squareRoot()
        }
      } ?? []
  }

  /// The positions of a segment's neighbors in the tables.
  public func edges(of label: Int) -> Range<Int> { offsets[label]..<offsets[label + 1] }

  /// The number of pairs of segments that touch.
  public var edgeCount: Int { neighbors.count / 2 }

  /// Both directions of each pair, ordered by first and second label.
  private static func countFaces(_ map: LabelMap) -> [(a: Int32, b: Int32, faces: Int)] {
    var keys: [UInt64] = []
    let lengths = [map.shape.rank == 3 ? map.shape[0] : 1, map.shape[-2], map.shape[-1]]
    let strides = [lengths[1] * lengths[2], lengths[2], 1]
    map.labels.withUnsafeBufferPointer { labels in
      for axis in 0..<3 where lengths[axis] > 1 {
        for index in labels.indices where index / strides[axis] % lengths[axis] + 1 < lengths[axis] {
          let (a, b) = (labels[index], labels[index + strides[axis]])
          if a != b, a >= 0, b >= 0 {
            keys.append(UInt64(a) << 32 | UInt64(b))
            keys.append(UInt64(b) << 32 | UInt64(a))
          }
        }
      }
    }
    keys.sort()
    var pairs: [(a: Int32, b: Int32, faces: Int)] = []
    var last = UInt64.max
    for key in keys {
      if key == last {
        pairs[pairs.count - 1].faces += 1
      } else {
        pairs.append((Int32(key >> 32), Int32(key & 0xffff_ffff), 1))
        last = key
      }
    }
    return pairs
  }
}
