import Metrics
import Tensor
import Testing

/// Comparisons that are exact on paper and a matter of the last bit in binary.
@Suite struct RoundingTests {
  private func surfaceDice(planes: [Int], spacing: Double, tolerance: Double, _ surfels: Bool) -> Score {
    let masks = planes.map { plane in mask([24, 10, 10]) { at, _, _ in at == plane } }
    return SurfaceDice(toleranceInMillimeters: tolerance, surfels ? .surfelWeighted : .counts).score(
      prediction: masks[0], reference: masks[1],
      spacing: VoxelSpacing(plane: spacing, row: spacing, column: spacing))
  }

  /// Ten planes of .1 ... .9 mm are 1 ... 9 mm apart, whether the voxel size is a 64-bit or a 32-bit number.
  @Test(arguments: [0.1, 0.3, 0.6, 0.7, 0.9]) func aDistanceOfTheToleranceAgrees(_ size: Double) {
    for spacing in [size, Double(Float(size))] {
      let tolerance = (10 * size).rounded()
      #expect(surfaceDice(planes: [5, 15], spacing: spacing, tolerance: tolerance, false) == .value(1))
      #expect(
        surfaceDice(planes: [5, 15], spacing: spacing, tolerance: tolerance * 0.9999, false) == .value(0))
    }
  }

  @Test func threeStepsOfATenthAreThreeTenths() {
    #expect(surfaceDice(planes: [5, 8], spacing: 0.1, tolerance: 0.3, false) == .value(1))
    // Surfels lie between voxels: all of both surfaces is within three planes of the other.
    #expect(surfaceDice(planes: [5, 8], spacing: 0.1, tolerance: 0.3, true) == .value(1))
  }

  /// SciPy 1.17: `wilcoxon(numpy.round(second - first, 10))` has the statistic 4.5 and p = .0703125 = 18/256;
  /// without rounding 1 and .015625.
  @Test func equalDifferencesOfScoresAreTied() throws {
    var generator = SeededGenerator(seed: 1)
    let first = [0.74, 0.73, 0.79, 0.87, 0.77, 0.90, 0.70, 0.94]
    let second = [0.75, 0.74, 0.80, 0.88, 0.78, 0.91, 0.71, 0.93]
    let comparison = PairedComparison(first: first, second: second, using: &generator)
    let test = try #require(comparison.test)
    #expect(test.positiveRankSum == 31.5 && test.negativeRankSum == 4.5 && test.pValue == 18.0 / 256)
    #expect(comparison.differences == zip(first, second).map { $1 - $0 })
    // The same scores in percent, and in ten-thousandths of a millimetre.
    for scale in [100, 1e-4] {
      let scaled = PairedComparison(
        first: first.map { $0 * scale }, second: second.map { $0 * scale }, using: &generator)
      #expect(scaled.test?.pValue == 18.0 / 256)
    }
    // The test of differences takes them as they are.
    #expect(WilcoxonSignedRank(differences: comparison.differences)?.pValue == 0.015625)
  }

  @Test func aDifferenceOfRoundingIsNone() throws {
    var generator = SeededGenerator(seed: 1)
    let comparison = PairedComparison(
      first: [0.1 + 0.2, 0.50, 0.50], second: [0.3, 0.52, 0.53], using: &generator)
    #expect(comparison.test?.count == 2 && comparison.differences.count == 3)
    #expect(WilcoxonSignedRank(differences: comparison.differences)?.count == 3)
    #expect(PairedComparison(first: [0.1 + 0.2], second: [0.3], using: &generator).test == nil)
  }

  @Test func differencesThatAreTwoStayTwo() throws {
    var generator = SeededGenerator(seed: 1)
    // Ranks 1, 2, 3; a large pair beside them does not tie them.
    let comparison = PairedComparison(
      first: [0, 0, 0, 1e6], second: [-1e-9, 1.0001e-9, 2e-9, 1e6 + 8], using: &generator)
    #expect(comparison.test?.negativeRankSum == 1 && comparison.test?.positiveRankSum == 9)
  }

  @Test func aComponentOfTheLimitStays() {
    let voxel = ConnectedComponents(of: mask([3, 3, 3], at: [[1, 1, 1]]))
    for size in [0.7, Double(Float(0.7))] {
      let spacing = VoxelSpacing(plane: size, row: size, column: size)
      #expect(voxel.removing(smallerThanCubicMillimeters: 0.343, spacing: spacing).foregroundCount == 1)
      #expect(voxel.removing(smallerThanCubicMillimeters: 0.3431, spacing: spacing).foregroundCount == 0)
    }
  }

  /// Two equal blobs, one of which the reference has: half of the surface is at 0, which the 50th percentile covers.
  @Test(arguments: 1..<14, [0.1, 0.3, 0.7]) func halfOfASurfaceIsHalf(_ size: Int, _ spacing: Double) {
    func blobs(_ places: [Int]) -> BinaryMask {
      mask([size + 3, 60]) { _, row, column in
        (1...size).contains(row) && places.contains { ($0..<$0 + size).contains(column) }
      }
    }
    let hausdorff = HausdorffDistance(percentile: 50, .surfelWeighted)
    for places in [[2, 40], [40, 2]] {
      #expect(
        hausdorff.score(
          prediction: blobs(places), reference: blobs([places[0]]),
          spacing: VoxelSpacing(row: spacing, column: 2 * spacing)) == .value(0))
    }
  }

  private func label<Scalar: TensorNumericScalar>(_ value: Scalar) throws(MetricsError) -> Int32 {
    try LabelImage(
      validating: Tensor([value], shape: [1, 1]), spacingInMillimeters: [1, 1], name: "l"
    ).labels.labels.scalars[0]
  }

  /// 2.999999999301508 and 8.999999997904524 are what nibabel 5.4 makes of labels 3 and 9 in 16 bits, with a slope
  /// in 32.
  @Test func labelsAreWholeWithinTheRoundingOf32Bits() throws {
    #expect(try label(Float(3).nextDown) == 3 && label(Float(-7).nextUp) == -7)
    #expect(try label(2.999999999301508) == 3 && label(8.999999997904524) == 9)
    #expect(try label(Float(20_000.002)) == 20_000)
    for value in [1.0000457768328488, 1e-7, 1_000_000.5, 4.5, 2_147_483_647.6] {
      #expect(throws: MetricsError(.labelIsNotAnInteger(name: "l", value: value, index: [0, 0]))) {
        try label(value)
      }
    }
  }
}
