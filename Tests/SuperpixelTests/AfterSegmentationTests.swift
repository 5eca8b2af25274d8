import Superpixel
import Tensor
import Testing

/// Statistics, adjacency, merging and relabeling, on cases worked out by hand.
@Suite struct AfterSegmentationTests {
  /// 0 0 1 1 / 0 0 1 1 / 2 2 2 3
  private let map = LabelMap(Tensor(rows: [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 3]]))
  private let image = Tensor<Float>(rows: [[1, 3, 10, 10], [1, 3, 10, 10], [4, 4, 4, 20]])

  @Test func statisticsByHand() {
    let statistics = SegmentStatistics(of: map, image: image)
    #expect(statistics.areas == [4, 4, 3, 1])
    #expect(statistics.means == [2, 10, 4, 20])
    #expect(statistics.variances == [1, 0, 0, 0])
    #expect(
      statistics.centroids
        == [SIMD3(0, 0.5, 0.5), SIMD3(0, 0.5, 2.5), SIMD3(0, 2, 1), SIMD3(0, 2, 3)])
    #expect(statistics.boundingBoxes[1] == .init(lower: SIMD3(0, 0, 2), upper: SIMD3(0, 1, 3)))
    #expect(statistics.mean(of: 2) == [4] && statistics.variance(of: 0) == [1])
  }

  @Test func statisticsOfGapsMasksAndVolumes() {
    let volume = LabelMap(Tensor([0, -1, 2, 2], shape: [2, 1, 2]))
    let colors = Tensor<Float>([1, 2, 9, 9, 3, 4, 5, 8], shape: [2, 1, 2, 2])
    let statistics = SegmentStatistics(of: volume, image: colors)
    #expect(statistics.areas == [1, 0, 2])
    #expect(statistics.means == [1, 2, 0, 0, 4, 6])
    #expect(statistics.variances == [0, 0, 0, 0, 1, 4])
    #expect(statistics.boundingBoxes[1] == .init(lower: .zero, upper: SIMD3(repeating: -1)))
    #expect(statistics.centroids[2] == SIMD3(1, 0, 0.5))
  }

  @Test func adjacencyByHand() {
    let graph = RegionAdjacency(of: map, image: image)
    #expect(graph.offsets == [0, 2, 5, 8, 10])
    #expect(graph.neighbors == [1, 2, 0, 2, 3, 0, 1, 3, 1, 2])
    #expect(graph.borderLengths == [2, 2, 2, 1, 1, 2, 1, 1, 1, 1])
    #expect(graph.meanDifferences == [8, 2, 8, 6, 10, 2, 6, 16, 10, 16])
    #expect(graph.edgeCount == 5)
  }

  @Test func wardByHand() {
    let statistics = SegmentStatistics(of: map, image: image)
    let tree = MergeTree(adjacency: RegionAdjacency(of: map, statistics: statistics), statistics: statistics)
    // 0 + 2: 12/7 * 4 = 6.857; then 1 + 3: 4/5 * 100 = 80; the rest: 7 and 5 pixels, means 20/7 and 12.
    #expect(tree.steps.map { [$0.first, $0.second] } == [[0, 2], [1, 3], [4, 5]])
    #expect(abs(tree.steps[0].height - 48.0 / 7) < 1e-12 && abs(tree.steps[1].height - 80) < 1e-12)
    #expect(tree.labels(count: 3) == [0, 1, 0, 2])
    #expect(tree.labels(count: 2) == [0, 1, 0, 1])
    #expect(tree.labels(threshold: 7) == [0, 1, 0, 2])
    #expect(tree.labels(count: 1) == [0, 0, 0, 0] && tree.labels(count: 9) == [0, 1, 2, 3])
  }

  @Test func mergingLabels() {
    #expect(
      map.merged(on: image, until: .count(2)).labels
        == Tensor(rows: [[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 0, 1]]))
    #expect(map.merged(on: image, until: .threshold(2), linkage: .meanDifference).labelBound == 3)
    // Segment 3 (one pixel, 20) is closest to segment 1 (10).
    #expect(
      map.merged(on: image, until: .minimumSize(2)).labels
        == Tensor(rows: [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 1]]))
    #expect(map.merged(on: image, until: .minimumSize(100)).labelBound == 1)
  }

  @Test func cutsAreConnectedAndNested() throws {
    let noise = TestImages.noise([40, 50])
    let labels = try SLIC(segmentCount: 60).segment(noise).labels
    let statistics = SegmentStatistics(of: labels, image: noise)
    let tree = MergeTree(
      adjacency: RegionAdjacency(of: labels, statistics: statistics), statistics: statistics)
    #expect(tree.steps.count == tree.leafCount - 1)
    #expect(tree.steps.map(\.height) == tree.steps.map(\.height).sorted())
    for count in [1, 7, 30] {
      let cut = labels.mapped(tree.labels(count: count))
      let pieces = LabelChecks.pieces(cut)
      #expect(pieces.count == count && pieces.values.allSatisfy { $0 == 1 })
    }
  }

  @Test func relabeling() {
    let gaps = LabelMap(Tensor(rows: [[7, 7, 2], [-1, 2, 9]]))
    #expect(gaps.relabeled().labels == Tensor(rows: [[0, 0, 1], [-1, 1, 2]]))
    #expect(gaps.relabeled(from: 1).labels == Tensor(rows: [[1, 1, 2], [0, 2, 3]]))
    let pieces = LabelMap(Tensor(rows: [[5, 0, 5], [5, -1, 5], [0, 0, 5]])).connectedPieces()
    #expect(pieces.labels == Tensor(rows: [[0, 1, 2], [0, -1, 2], [3, 3, 2]]))
  }

  @Test func majorityAndPurity() throws {
    let result = try map.downsampledByMajority(to: [1, 2])
    #expect(result.labels.labels == Tensor(rows: [[0, 1]]))
    #expect(result.purity.scalars == [Float(4) / 6, Float(4) / 6])
    let same = try map.downsampledByMajority(to: [3, 4])
    #expect(same.labels == map && same.purity.scalars.allSatisfy { $0 == 1 })
    let error = #expect(throws: SuperpixelError.self) { try map.downsampledByMajority(to: [2, 2]) }
    #expect(error?.code == .sizesDoNotFit(map: [3, 4], features: [2, 2]))
  }
}
