import Metrics
import Tensor
import Testing

/// Hand-worked: TP 6, FP 2, FN 4, TN 8.
@Suite struct OverlapMetricTests {
  private let counts = ConfusionCounts(
    truePositives: 6, falsePositives: 2, falseNegatives: 4, trueNegatives: 8)
  private let bothEmpty = ConfusionCounts(
    truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 9)
  private let missed = ConfusionCounts(
    truePositives: 0, falsePositives: 0, falseNegatives: 5, trueNegatives: 4)
  private let falseAlarm = ConfusionCounts(
    truePositives: 0, falsePositives: 5, falseNegatives: 0, trueNegatives: 4)
  private let full = ConfusionCounts(
    truePositives: 9, falsePositives: 0, falseNegatives: 0, trueNegatives: 0)

  private func scores(_ metric: some OverlapMetric) -> [Score] {
    [counts, bothEmpty, missed, falseAlarm, full].map(metric.score)
  }

  @Test func dice() {
    #expect(
      scores(DiceCoefficient()) == [
        .value(12.0 / 18), .undefined(.bothEmpty), .value(0), .value(0), .value(1),
      ])
  }

  @Test func jaccard() {
    #expect(
      scores(JaccardIndex()) == [.value(0.5), .undefined(.bothEmpty), .value(0), .value(0), .value(1)])
  }

  @Test func precision() {
    #expect(
      scores(Precision()) == [
        .value(0.75), .undefined(.bothEmpty), .undefined(.predictionEmpty), .value(0), .value(1),
      ])
  }

  @Test func recall() {
    #expect(
      scores(Recall()) == [
        .value(0.6), .undefined(.bothEmpty), .value(0), .undefined(.referenceEmpty), .value(1),
      ])
  }

  @Test func specificity() {
    #expect(
      scores(Specificity()) == [
        .value(0.8), .value(1), .value(1), .value(4.0 / 9), .undefined(.noBackground),
      ])
  }

  @Test func volumeSimilarity() {
    #expect(
      scores(VolumeSimilarity()) == [
        .value(1 - 2.0 / 18), .undefined(.bothEmpty), .value(0), .value(0), .value(1),
      ])
    #expect(
      scores(SignedVolumeDifference()) == [
        .value(-4.0 / 18), .undefined(.bothEmpty), .value(-2), .value(2), .value(0),
      ])
  }

  @Test func surfaceDiceOfEmptyMasks() {
    let none = mask([3, 3], at: [])
    let some = mask([3, 3], at: [[1, 1]])
    let metric = SurfaceDice(toleranceInMillimeters: 10)
    let spacing = VoxelSpacing(row: 1, column: 1)
    #expect(metric.score(prediction: none, reference: none, spacing: spacing) == .undefined(.bothEmpty))
    #expect(metric.score(prediction: none, reference: some, spacing: spacing) == .value(0))
    #expect(metric.score(prediction: some, reference: none, spacing: spacing) == .value(0))
  }

  @Test func toleranceIsIncluded() {
    let spacing = VoxelSpacing(row: 1, column: 1)
    func score(_ tolerance: Double) -> Score {
      SurfaceDice(toleranceInMillimeters: tolerance).score(
        prediction: mask([1, 4], at: [[0, 0]]), reference: mask([1, 4], at: [[0, 2]]), spacing: spacing)
    }
    #expect(score(2) == .value(1))
    #expect(score(1.999) == .value(0))
  }

  @Test func keysCarryTheirNumbers() {
    #expect(HausdorffDistance().key == "hd_mm")
    #expect(HausdorffDistance(percentile: 95).key == "hd95_mm")
    #expect(HausdorffDistance(percentile: 97.5, .pooled).key == "hd97.5_pooled_mm")
    #expect(AverageSurfaceDistance(.symmetric).key == "assd_mm")
    #expect(SurfaceDice(toleranceInMillimeters: 2).key == "surface_dice_2mm")
  }

  @Test func optionsOutOfRangeTrapOrThrow() async {
    await #expect(processExitsWith: .failure) { _ = HausdorffDistance(percentile: 101) }
    await #expect(processExitsWith: .failure) { _ = SurfaceDice(toleranceInMillimeters: -1) }
    #expect(throws: MetricsError(.percentileOutOfRange(-1))) {
      try HausdorffDistance(validatingPercentile: -1)
    }
    #expect(throws: MetricsError(.invalidTolerance(.infinity))) {
      try SurfaceDice(validatingToleranceInMillimeters: .infinity)
    }
    #expect(throws: Never.self) { try HausdorffDistance(validatingPercentile: 95) }
  }
}
