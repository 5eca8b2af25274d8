import Tensor
/// The order in which neighboring segments merge, most alike first, down to one segment for each connected
/// set.
///
/// Each step joins the two neighbors whose union adds least to the squared error of representing pixels by
/// their segment's mean (Ward's criterion):
///
///     cost(a, b) = n_a n_b / (n_a + n_b) |m_a - m_b|^2
///
/// or, with `meanDifference`, the two whose means are closest. Cutting the tree gives partitions
/// of any coarseness; each segment of a cut is connected because only neighbors merge. O(e log e) for e
/// edges, times the mean number of neighbors.
public struct MergeTree: Hashable, Sendable {
  /// What makes two neighbors alike.
  public enum Linkage: Hashable, Sendable {
    /// The increase of the squared error: large segments resist merging.
    case ward
    /// The distance of the means, whatever the sizes.
    case meanDifference
  }

  /// One merge: node `first` and node `second` become node `leafCount + i` in step i.
  public struct Step: Hashable, Sendable {
    /// Leaves are 0 ..< leafCount; then one node for each step.
    public let first, second: Int
    /// The cost of this merge, or of a dearer one before it: it never falls from step to step.
    public let height: Double
  }

  /// The number of segments before merging.
  public let leafCount: Int
  /// The merges in order.
  public let steps: [Step]
  /// How far the rounding of 32-bit pixels may have raised the height of each step.
  private let roundings: [Double]

  /// - Parameters:
  ///   - adjacency: Which segments touch.
  ///   - statistics: Their areas and means.
  ///   - linkage: What a merge costs.
  /// - Precondition: both are of one label map.
  public init(adjacency: RegionAdjacency, statistics: SegmentStatistics, linkage: Linkage = .ward) {
    shapePrecondition(
      adjacency.count == statistics.count,
      "adjacency of \(adjacency.count) segments, statistics of \(statistics.count)")
    var builder = MergeTreeBuilder(adjacency, statistics, linkage)
    leafCount = adjacency.count
    (steps, roundings) = builder.build()
  }

  /// The new label of each leaf after the first `stepCount` merges, numbered in order of the lowest leaf.
  public func labels(afterSteps stepCount: Int) -> [Int32] {
    shapePrecondition(
      (0...steps.count).contains(stepCount), "\(stepCount) is not in 0...\(steps.count) steps")
    var parent = Array(0..<leafCount + stepCount)
    for (index, step) in steps.prefix(stepCount).enumerated() {
      parent[step.first] = leafCount + index
      parent[step.second] = leafCount + index
    }
    for node in parent.indices.reversed() { parent[node] = parent[parent[node]] }
    var numbers = [Int32](repeating: -1, count: parent.count)
    var next: Int32 = 0
    return (0..<leafCount).map { leaf in
      if numbers[parent[leaf]] < 0 {
        numbers[parent[leaf]] = next
        next += 1
      }
      return numbers[parent[leaf]]
    }
  }

  /// The labels with as few merges as bring the segments down to `count`, or as near as neighbors allow.
  ///
  /// - Precondition: `count` is at least 1.
  public func labels(count: Int) -> [Int32] {
    shapePrecondition(count >= 1, "a partition has at least 1 segment, not \(count)")
    return labels(afterSteps: min(max(leafCount - count, 0), steps.count))
  }

  /// The labels after all merges whose height is at most `threshold`.
  ///
  /// Pixels are 32-bit numbers, and .2 - .1 is then a little more than .1: a height counts as equal to the threshold when
  /// means that differ by the rounding of one such number (2^-24 of their size) would make it so.
  public func labels(threshold: Double) -> [Int32] {
    let stop = steps.indices.first { steps[$0].height - roundings[$0] > threshold }
    return labels(afterSteps: stop ?? steps.count)
  }
}

/// Greedy merging with a heap of edges whose stale entries are skipped.
private struct MergeTreeBuilder {
  struct Entry {
    var cost: Double
    var first, second: Int
  }

  private let linkage: MergeTree.Linkage
  private let channels: Int
  private var sizes: [Double]
  private var means: [Double]
  private var neighbors: [Set<Int>]
  private var isAlive: [Bool]
  private var heap: [Entry] = []

  init(_ adjacency: RegionAdjacency, _ statistics: SegmentStatistics, _ linkage: MergeTree.Linkage) {
    self.linkage = linkage
    channels = statistics.channels
    sizes = statistics.areas.map(Double.init)
    means = statistics.means
    neighbors = (0..<adjacency.count).map { label in
      Set(adjacency.edges(of: label).map { Int(adjacency.neighbors[$0]) })
    }
    isAlive = Array(repeating: true, count: adjacency.count)
  }

  mutating func build() -> (steps: [MergeTree.Step], roundings: [Double]) {
    for node in neighbors.indices {
      for other in neighbors[node] where other > node { push(node, other) }
    }
    var steps: [MergeTree.Step] = []
    var roundings: [Double] = []
    var (height, rounding) = (-Double.infinity, 0.0)
    while let entry = pop() {
      guard isAlive[entry.first], isAlive[entry.second] else { continue }
      if entry.cost > height {
        (height, rounding) = (entry.cost, self.rounding(of: entry))
      }
      steps.append(MergeTree.Step(first: entry.first, second: entry.second, height: height))
      roundings.append(rounding)
      join(entry.first, entry.second)
    }
    return (steps, roundings)
  }

  /// How much of a cost may come from means that are off by 2^-24 of their size each: with the length d of their
  /// difference off by e, the cost w d^2 is off by 2 w d e + w e^2.
  private func rounding(of entry: Entry) -> Double {
    let (a, b) = (entry.first, entry.second)
    let squares = (0..<channels).reduce(0.0) { sum, channel in
      let size = abs(means[a * channels + channel]) + abs(means[b * channels + channel])
      return sum + size * size
    }
    let error = 0x1p-24 * squares.squareRoot()
    guard linkage == .ward else { return error }
    let weight = sizes[a] * sizes[b] / max(sizes[a] + sizes[b], 1)
    return 2 * (weight * entry.cost).squareRoot() * error + weight * error * error
  }

  private mutating func join(_ a: Int, _ b: Int) {
    let node = sizes.count
    let total = sizes[a] + sizes[b]
    for channel in 0..<channels {
      means.append(
        (sizes[a] * means[a * channels + channel] + sizes[b] * means[b * channels + channel]) / max(total, 1))
    }
    sizes.append(total)
    isAlive[a] = false
    isAlive[b] = false
    isAlive.append(true)
    var (few, many) =
      neighbors[a].count < neighbors[b].count ? (neighbors[a], neighbors[b]) : (neighbors[b], neighbors[a])
    many.formUnion(few)
    few = []
    many.remove(a)
    many.remove(b)
    neighbors[a] = []
    neighbors[b] = []
    neighbors.append(many)
    for other in many {
      neighbors[other].remove(a)
      neighbors[other].remove(b)
      neighbors[other].insert(node)
      push(other, node)
    }
  }

  private func cost(_ a: Int, _ b: Int) -> Double {
    var sum = 0.0
    for channel in 0..<channels {
      let difference = means[a * channels + channel] - means[b * channels + channel]
      sum += difference * difference
    }
    switch linkage {
    case .ward: return sizes[a] * sizes[b] / max(sizes[a] + sizes[b], 1) * sum
    case .meanDifference: return sum.squareRoot()
    }
  }

  /// Ties go to the lower nodes, so that the order depends on nothing but the segments.
  private func comesBefore(_ a: Entry, _ b: Entry) -> Bool {
    (a.cost, a.first, a.second) < (b.cost, b.first, b.second)
  }

  private mutating func push(_ a: Int, _ b: Int) {
    heap.append(Entry(cost: cost(a, b), first: min(a, b), second: max(a, b)))
    var index = heap.count - 1
    while index > 0, comesBefore(heap[index], heap[(index - 1) / 2]) {
      heap.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func pop() -> Entry? {
    guard let first = heap.first else { return nil }
    let last = heap.removeLast()
    guard !heap.isEmpty else { return first }
    heap[0] = last
    var index = 0
    while true {
      var child = 2 * index + 1
      guard child < heap.count else { return first }
      if child + 1 < heap.count, comesBefore(heap[child + 1], heap[child]) { child += 1 }
      guard comesBefore(heap[child], heap[index]) else { return first }
      heap.swapAt(child, index)
      index = child
    }
  }
}
