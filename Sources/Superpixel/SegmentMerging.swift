public import Tensor

/// How far segments are merged.
public enum MergeLimit: Hashable, Sendable {
  /// Until this many are left, or as near as connected neighbors allow.
  case count(Int)
  /// While the cost of the cheapest merge is at most this; see ``MergeTree``.
  case threshold(Double)
  /// Until each has at least this many pixels or no neighbor; smallest first, each into the neighbor of the
  /// closest mean.
  case minimumSize(Int)
}

extension LabelMap {
  /// The segments merged with their neighbors, most alike first; labels are 0 ..< count in order of the lowest
  /// label, negative labels stay.
  ///
  ///     let coarse = superpixels.labels.merged(on: image, until: .count(20))
  ///
  /// - Parameters:
  ///   - image: `shape` or `shape + [channels]`.
  ///   - limit: How far to merge.
  ///   - linkage: What makes two neighbors alike; not used with a minimum size.
  /// - Precondition: the image has the map's extents.
  public func merged(
    on image: Tensor<Float>, until limit: MergeLimit, linkage: MergeTree.Linkage = .ward
  ) -> LabelMap {
    let present = distinctLabels.filter { $0 >= 0 }
    guard present.count == labelBound else {
      return ranked(present).merged(on: image, until: limit, linkage: linkage)
    }
    let statistics = SegmentStatistics(of: self, image: image)
    let adjacency = RegionAdjacency(of: self, statistics: statistics)
    switch limit {
    case .count(let count):
      return mapped(
        MergeTree(adjacency: adjacency, statistics: statistics, linkage: linkage).labels(count: count))
    case .threshold(let threshold):
      return mapped(
        MergeTree(adjacency: adjacency, statistics: statistics, linkage: linkage).labels(threshold: threshold)
      )
    case .minimumSize(let size):
      return mapped(SmallRegionMerging.labels(adjacency, statistics, minimum: size))
    }
  }

  /// Each label replaced by its rank among all; negative labels stay.
  private func ranked(_ ascending: [Int32]) -> LabelMap {
    let ranks = Dictionary(uniqueKeysWithValues: ascending.enumerated().map { ($1, Int32($0)) })
    return LabelMap(
      Tensor(shape: shape) { buffer in
        labels.withUnsafeBufferPointer { labels in
          for index in buffer.indices { buffer[index] = ranks[labels[index]] ?? labels[index] }
        }
      })
  }

  /// Each label replaced by its entry of a table; negative labels stay.
  ///
  /// - Precondition: the table has an entry for each label.
  public func mapped(_ table: [Int32]) -> LabelMap {
    shapePrecondition(
      table.count >= labelBound,
      "a table of \(table.count) labels does not cover labels up to \(labelBound - 1)")
    return LabelMap(
      Tensor(shape: shape) { buffer in
        labels.withUnsafeBufferPointer { labels in
          for index in buffer.indices {
            buffer[index] = labels[index] < 0 ? labels[index] : table[Int(labels[index])]
          }
        }
      })
  }
}

/// Merging by size alone.
private enum SmallRegionMerging {
  static func labels(
    _ adjacency: RegionAdjacency, _ statistics: SegmentStatistics, minimum: Int
  ) -> [Int32] {
    let channels = statistics.channels
    var parent = Array(0..<adjacency.count)
    var areas = statistics.areas
    var sums = statistics.means.indices.map { statistics.means[$0] * Double(areas[$0 / channels]) }
    var members = (0..<adjacency.count).map { [$0] }
    func root(_ node: Int) -> Int {
      var node = node
      while parent[node] != node { node = parent[node] }
      return node
    }
    func distance(_ a: Int, _ b: Int) -> Double {
      (0..<channels).reduce(0) { total, channel in
        let difference =
          sums[a * channels + channel] / Double(areas[a]) - sums[b * channels + channel] / Double(areas[b])
        return total + difference * difference
      }
    }
    // Sizes grow, so a queue by size with stale entries skipped.
    var queue = (0..<adjacency.count).filter { areas[$0] > 0 && areas[$0] < minimum }.map { (areas[$0], $0) }
      .sorted { $0 > $1 }
    while let (area, node) = queue.popLast() {
      guard parent[node] == node, areas[node] == area else { continue }
      let others = Set(
        members[node].flatMap { adjacency.edges(of: $0) }.map { root(Int(adjacency.neighbors[$0])) }
      ).subtracting([node])
      guard let target = others.min(by: { (distance($0, node), $0) < (distance($1, node), $1) }) else {
        continue
      }
      parent[node] = target
      areas[target] += area
      for channel in 0..<channels { sums[target * channels + channel] += sums[node * channels + channel] }
      members[target] += members[node]
      members[node] = []
      if areas[target] < minimum {
        let entry = (areas[target], target)
        queue.insert(entry, at: queue.firstIndex { $0 < entry } ?? queue.count)
      }
    }
    var numbers = [Int32](repeating: -1, count: adjacency.count)
    var next: Int32 = 0
    return (0..<adjacency.count).map { label in
      let root = root(label)
      if numbers[root] < 0 {
        numbers[root] = next
        next += 1
      }
      return numbers[root]
    }
  }
}
