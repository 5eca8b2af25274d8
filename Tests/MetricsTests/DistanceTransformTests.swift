import Metrics
import Tensor
import Testing

@Suite struct DistanceTransformTests {
  /// By hand: one voxel in the corner of 2 x 2 x 2, spacing 2, 3, 4.
  @Test func oneVoxel() {
    let corner = mask([2, 2, 2], at: [[0, 0, 0]])
    let squares = DistanceTransform(spacing: VoxelSpacing(plane: 2, row: 3, column: 4))
      .squaredDistances(to: corner)
    #expect(squares.scalars == [0, 16, 9, 25, 4, 20, 13, 29])
    #expect(squares.shape == [2, 2, 2])
  }

  /// By hand: the distances of a row are those of a ruler.
  @Test func row() {
    let ends = mask([1, 6], at: [[0, 0], [0, 5]])
    let distances = DistanceTransform(spacing: VoxelSpacing(row: 1, column: 0.5)).distances(to: ends)
    #expect(distances.scalars == [0, 0.5, 1, 1, 0.5, 0])
  }

  @Test(
    arguments: [[1, 1], [7, 1], [1, 9], [13, 17], [1, 1, 1], [5, 1, 3], [6, 7, 9], [1, 11, 5]], [0.02, 0.3])
  func definition(shape: [Int], density: Double) {
    var generator = SeededGenerator(seed: UInt64(shape.reduce(1, *)))
    let targets = randomMask(TensorShape(shape), density: density, using: &generator)
    let spacing = VoxelSpacing(Array([0.7, 2.5, 1.3].suffix(shape.count)))
    let expected = foreground(mask(TensorShape(shape)) { _, _, _ in true }).map {
      nearest($0, foreground(targets), spacing)
    }
    let distances = DistanceTransform(spacing: spacing).distances(to: targets).scalars
    #expect(largestDifference(distances, expected) < 1e-12)
  }

  @Test func emptyAndFull() {
    let transform = DistanceTransform(spacing: VoxelSpacing(row: 1, column: 1))
    #expect(transform.distances(to: mask([3, 4], at: [])).scalars.allSatisfy { $0 == .infinity })
    #expect(transform.distances(to: mask([3, 4]) { _, _, _ in true }).scalars.allSatisfy { $0 == 0 })
    #expect(transform.distances(to: BinaryMask(Tensor(zeros: [0, 4]))).scalars.isEmpty)
  }

  @Test func complementExchangesForegroundAndBackground() {
    #expect(mask([1, 3], at: [[0, 1]]).complement.values.scalars == [true, false, true])
  }

  @Test func spacingOfAnotherRankTraps() async {
    await #expect(processExitsWith: .failure) {
      _ = DistanceTransform(spacing: VoxelSpacing(row: 1, column: 1)).distances(to: mask([2, 2, 2], at: []))
    }
  }
}
