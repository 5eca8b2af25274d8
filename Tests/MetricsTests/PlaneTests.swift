import Metrics
import Tensor
import Testing

/// One image, whichever axis of a volume is one voxel long.
@Suite struct PlaneTests {
  private static let reference: [Bool] = square { row, column in
    (6...29).contains(row) && (6...29).contains(column)
  }
  private static let prediction: [Bool] = square { row, column in
    (9...32).contains(row) && (7...30).contains(column)
      && !((16...19).contains(row) && (16...19).contains(column))
  }

  private static func square(_ isForeground: (Int, Int) -> Bool) -> [Bool] {
    (0..<1600).map { isForeground($0 / 40, $0 % 40) }
  }

  private static let shapes: [TensorShape] = [[40, 40], [1, 40, 40], [40, 1, 40], [40, 40, 1]]

  /// The thickness along the axis of one voxel is 5 mm: it plays no part.
  private func spacing(_ shape: TensorShape, row: Double = 1, column: Double = 1) -> VoxelSpacing {
    var millimeters = [row, column]
    if let axis = shape.dimensions.firstIndex(of: 1) { millimeters.insert(5, at: axis) }
    return VoxelSpacing(millimeters)
  }

  private func masks(_ shape: TensorShape) -> (prediction: BinaryMask, reference: BinaryMask) {
    (BinaryMask(Tensor(Self.prediction, shape: shape)), BinaryMask(Tensor(Self.reference, shape: shape)))
  }

  /// SciPy 1.17, distances between the borders of the 40 x 40 masks: HD95 9, ASSD 2.508125592000413, and .45 of both
  /// borders within 1 mm.
  @Test(arguments: shapes) func scoresAreThoseOfTheImage(_ shape: TensorShape) {
    let (prediction, reference) = masks(shape)
    let distances = SurfaceDistances(prediction: prediction, reference: reference, spacing: spacing(shape))
    #expect(HausdorffDistance(percentile: 95).score(distances) == .value(9))
    let average = AverageSurfaceDistance(.symmetric).score(distances).value ?? .nan
    #expect(abs(average - 2.508125592000413) < 1e-12)
    #expect(SurfaceDice(toleranceInMillimeters: 1).score(distances) == .value(0.45))
  }

  @Test(arguments: shapes, [SurfaceDefinition.surfels, .sets, .boundaryVoxels(.corners)])
  func everySurfaceIsThatOfTheImage(_ shape: TensorShape, _ surface: SurfaceDefinition) {
    let (prediction, reference) = masks(shape)
    let (flat, other) = masks([40, 40])
    let found = SurfaceDistances(
      prediction: prediction, reference: reference, spacing: spacing(shape, row: 0.5, column: 2),
      between: surface)
    let wanted = SurfaceDistances(
      prediction: flat, reference: other, spacing: VoxelSpacing(row: 0.5, column: 2), between: surface)
    #expect(found.predictionToReference == wanted.predictionToReference)
    #expect(found.referenceToPrediction == wanted.referenceToPrediction)
  }

  @Test(arguments: shapes) func evaluatorsAndDiagonalsAgree(_ shape: TensorShape) {
    let maps = [Self.prediction, Self.reference].map { LabelMap(Tensor($0.map { $0 ? 4 : 0 }, shape: shape)) }
    let scores = SegmentationEvaluator().evaluate(
      prediction: maps[0], reference: maps[1], spacing: spacing(shape), caseName: "a")
    #expect(scores[4]?["hd95_mm"] == .value(9))
    #expect(scores.imageDiagonalInMillimeters == 3200.0.squareRoot())
  }

  /// A line, of which every pixel is border, and a single voxel.
  @Test(arguments: [[1, 6], [1, 1, 6], [1, 6, 1], [6, 1, 1]] as [TensorShape])
  func linesAgreeToo(_ shape: TensorShape) {
    let line = BinaryMask(Tensor([true, true, true, false, false, false], shape: shape))
    let other = BinaryMask(Tensor([false, false, true, true, true, true], shape: shape))
    let spacing = VoxelSpacing([Double](repeating: 2, count: shape.rank))
    let distances = SurfaceDistances(prediction: line, reference: other, spacing: spacing)
    #expect(distances.predictionToReference.millimeters == [4, 2, 0])
    #expect(distances.referenceToPrediction.millimeters == [0, 2, 4, 6])
  }

  @Test func anEmptyPlaneIsEmpty() {
    let empty = BinaryMask(Tensor(repeating: false, shape: [4, 1, 5]))
    let full = BinaryMask(Tensor(repeating: true, shape: [4, 1, 5]))
    let distances = SurfaceDistances(
      prediction: empty, reference: full, spacing: VoxelSpacing(plane: 1, row: 1, column: 1))
    #expect(distances.emptiness == .prediction)
  }
}
