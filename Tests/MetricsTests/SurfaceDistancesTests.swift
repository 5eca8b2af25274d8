import Metrics
import Tensor
import Testing

@Suite struct SurfaceDistancesTests {
  /// Voxels with a neighbour outside, by definition; an axis of one voxel is no axis of the image.
  private func boundary(_ mask: BinaryMask, _ connectivity: NeighborConnectivity) -> [[Int]] {
    let inside = Set(foreground(mask))
    let steps =
      switch connectivity {
      case .faces: 1
      case .edges: 2
      case .corners: 3
      }
    let leftOut = mask.shape.rank == 3 ? mask.shape.dimensions.firstIndex(of: 1) : nil
    let reach = (0..<3).map { axis in
      axis == leftOut || axis == 0 && mask.shape.rank == 2 ? [0] : [-1, 0, 1]
    }
    return foreground(mask).filter { point in
      for plane in reach[0] {
        for row in reach[1] {
          for column in reach[2] where (1...steps).contains(abs(plane) + abs(row) + abs(column)) {
            if !inside.contains([point[0] + plane, point[1] + row, point[2] + column]) { return true }
          }
        }
      }
      return false
    }
  }

  @Test(
    arguments: [
      [1, 1], [9, 40], [1, 1, 1], [7, 6, 5], [1, 9, 37], [9, 1, 37], [9, 37, 1], [5, 8, 33],
    ], NeighborConnectivity.allCases)
  func definition(shape: [Int], connectivity: NeighborConnectivity) {
    var generator = SeededGenerator(seed: 3)
    let shape = TensorShape(shape)
    for density in [0.05, 0.6, 0.95] {
      let first = randomMask(shape, density: density, using: &generator)
      let second = randomMask(shape, density: density, using: &generator)
      if first.foregroundCount == 0 || second.foregroundCount == 0 { continue }
      for spacing in [[1.0, 1, 1], [3, 0.5, 0.75], [0.4, 2, 1.1]] {
        let spacing = VoxelSpacing(Array(spacing.suffix(shape.rank)))
        let distances = SurfaceDistances(
          prediction: first, reference: second, spacing: spacing, between: .boundaryVoxels(connectivity))
        let (a, b) = (boundary(first, connectivity), boundary(second, connectivity))
        #expect(
          largestDifference(distances.predictionToReference.millimeters, a.map { nearest($0, b, spacing) })
            < 1e-12)
        #expect(
          largestDifference(distances.referenceToPrediction.millimeters, b.map { nearest($0, a, spacing) })
            < 1e-12)
      }
    }
  }

  /// Surfaces so far apart that the search gives up and the full transform answers.
  @Test func farSurfaces() {
    let left = mask([40, 40, 90]) { _, _, column in column < 20 }
    let right = mask([40, 40, 90]) { plane, row, column in plane == 39 && row == 39 && column == 89 }
    let spacing = VoxelSpacing(plane: 1.5, row: 1, column: 0.8)
    let distances = SurfaceDistances(prediction: left, reference: right, spacing: spacing)
    let expected = boundary(left, .faces).map { nearest($0, [[39, 39, 89]], spacing) }
    #expect(largestDifference(distances.predictionToReference.millimeters, expected) < 1e-12)
    #expect(largestDifference(distances.referenceToPrediction.millimeters, [70 * 0.8]) < 1e-12)
  }

  /// An error along one axis alone scores that axis' spacing: volumes are [depth, height, width] and the
  /// spacing is (plane, row, column), the reverse of NIfTI's pixdim.
  @Test(arguments: [0, 1, 2])
  func anErrorAlongOneAxisScoresItsSpacing(axis: Int) {
    // A file of 4 x 3 x 2 voxels (i, j, k) with pixdim 2, 3, 4 mm.
    let spacing = VoxelSpacing(plane: 4, row: 3, column: 2)
    var moved = [0, 1, 1]
    moved[axis] += 1
    let score = HausdorffDistance().score(
      prediction: mask([2, 3, 4], at: [moved]), reference: mask([2, 3, 4], at: [[0, 1, 1]]), spacing: spacing)
    #expect(score == .value([4.0, 3, 2][axis]))
  }

  @Test func emptyMasksAreNamed() {
    let none = mask([3, 3], at: [])
    let some = mask([3, 3], at: [[1, 1]])
    let spacing = VoxelSpacing(row: 1, column: 1)
    for surface in [SurfaceDefinition.boundaryVoxels(.faces), .surfels, .sets] {
      func emptiness(_ first: BinaryMask, _ second: BinaryMask) -> EmptyMasks? {
        SurfaceDistances(prediction: first, reference: second, spacing: spacing, between: surface).emptiness
      }
      #expect(emptiness(none, none) == .both)
      #expect(emptiness(none, some) == .prediction)
      #expect(emptiness(some, none) == .reference)
      #expect(emptiness(some, some) == nil)
    }
    let nothing = BinaryMask(Tensor(zeros: [0, 3]))
    #expect(SurfaceDistances(prediction: nothing, reference: nothing, spacing: spacing).emptiness == .both)
  }

  /// A cube of 2 x 2 x 2 mm: its surfels cut edges and corners, so they cover less than 24 mm^2.
  @Test func surfelAreasOfACube() {
    let cube = mask([4, 4, 4]) { plane, row, column in
      [plane, row, column].allSatisfy { (1...2).contains($0) }
    }
    let distances = SurfaceDistances(
      prediction: cube, reference: cube, spacing: VoxelSpacing(plane: 1, row: 1, column: 1), between: .surfels
    )
    // 26 corners: 8 with one voxel (a triangle), 12 with two (a quad), 6 with four (a square).
    let triangle = 3.0.squareRoot() / 8
    let quad = 2.0.squareRoot() / 2
    let total = distances.predictionToReference.elementAreas?.reduce(0, +) ?? 0
    #expect(distances.predictionToReference.millimeters.count == 26)
    #expect((total - (8 * triangle + 12 * quad + 6)).magnitude < 1e-12)
  }

  @Test func bitsDoNotDependOnThreads() {
    var generator = SeededGenerator(seed: 11)
    let first = randomMask([24, 40, 50], density: 0.2, using: &generator)
    let second = randomMask([24, 40, 50], density: 0.001, using: &generator)
    let threads = ComputeThreads.count
    defer { ComputeThreads.count = threads }
    let results = [1, 2, 3].map { count -> [SurfaceDistances.Directed] in
      ComputeThreads.count = count
      let distances = SurfaceDistances(
        prediction: first, reference: second, spacing: VoxelSpacing(plane: 3, row: 1, column: 1))
      return [distances.predictionToReference, distances.referenceToPrediction]
    }
    #expect(results[0] == results[1] && results[0] == results[2])
  }

  @Test func shapesThatDifferTrapWithBothShapes() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SurfaceDistances(
        prediction: mask([2, 3], at: []), reference: mask([3, 2], at: []),
        spacing: VoxelSpacing(row: 1, column: 1))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("prediction [2, 3] and reference [3, 2] differ in shape"))
    await #expect(processExitsWith: .failure) {
      _ = SurfaceDistances(
        prediction: mask([2, 3], at: []), reference: mask([2, 3], at: []),
        spacing: VoxelSpacing(plane: 1, row: 1, column: 1))
    }
  }
}
