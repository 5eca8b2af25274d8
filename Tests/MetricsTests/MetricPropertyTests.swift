import Metrics
import Tensor
import Testing

/// What must hold whatever the masks are.
@Suite struct MetricPropertyTests {
  private static let spacing = VoxelSpacing(plane: 2.5, row: 0.75, column: 1.25)

  private static let pairs: [(BinaryMask, BinaryMask)] = {
    var generator = SeededGenerator(seed: 77)
    return [0.02, 0.3, 0.8].map { density in
      (
        randomMask([6, 9, 11], density: density, using: &generator),
        randomMask([6, 9, 11], density: density * 0.7, using: &generator)
      )
    }
  }()

  private static let symmetricSurfaceMetrics: [any SurfaceMetric] = [
    HausdorffDistance(), HausdorffDistance(percentile: 95), HausdorffDistance(percentile: 95, .pooled),
    HausdorffDistance(percentile: 95, .surfelWeighted), HausdorffDistance(percentile: 95, .sets),
    AverageSurfaceDistance(.symmetric), AverageSurfaceDistance(.meanOfMeans),
    SurfaceDice(toleranceInMillimeters: 1.5), SurfaceDice(toleranceInMillimeters: 1.5, .surfelWeighted),
  ]

  private func close(_ first: Score, _ second: Score) -> Bool {
    guard let a = first.value, let b = second.value else { return first == second }
    return (a - b).magnitude <= 1e-12 * max(1, a.magnitude)
  }

  @Test(arguments: 0..<3)
  func symmetry(pair: Int) {
    let (first, second) = Self.pairs[pair]
    for metric in Self.symmetricSurfaceMetrics {
      let forward = metric.score(prediction: first, reference: second, spacing: Self.spacing)
      let backward = metric.score(prediction: second, reference: first, spacing: Self.spacing)
      #expect(close(forward, backward), "\(metric.key): \(forward), \(backward)")
    }
    for metric in [DiceCoefficient(), JaccardIndex(), VolumeSimilarity()] as [any OverlapMetric] {
      #expect(
        close(
          metric.score(prediction: first, reference: second),
          metric.score(prediction: second, reference: first)))
    }
    // The directed ones change places.
    #expect(
      close(
        AverageSurfaceDistance(.predictionToReference)
          .score(prediction: first, reference: second, spacing: Self.spacing),
        AverageSurfaceDistance(.referenceToPrediction)
          .score(prediction: second, reference: first, spacing: Self.spacing)))
  }

  @Test(arguments: 0..<3)
  func spacingScale(pair: Int) {
    let (first, second) = Self.pairs[pair]
    let double = VoxelSpacing(Self.spacing.millimeters.map { $0 * 2 })
    for metric in Self.symmetricSurfaceMetrics where metric.quantity == .distanceInMillimeters {
      let single = metric.score(prediction: first, reference: second, spacing: Self.spacing)
      let scaled = metric.score(prediction: first, reference: second, spacing: double)
      #expect(close(.value((single.value ?? .nan) * 2), scaled), "\(metric.key)")
    }
    for weighting in [SurfaceDice.Weighting.counts, .surfelWeighted] {
      #expect(
        close(
          SurfaceDice(toleranceInMillimeters: 1.5, weighting)
            .score(prediction: first, reference: second, spacing: Self.spacing),
          SurfaceDice(toleranceInMillimeters: 3, weighting)
            .score(prediction: first, reference: second, spacing: double)))
    }
  }

  @Test(arguments: 0..<3)
  func translation(pair: Int) {
    let (first, second) = Self.pairs[pair]
    func moved(_ source: BinaryMask) -> BinaryMask {
      let points = foreground(source).map { [$0[0] + 2, $0[1] + 1, $0[2] + 5] }
      return mask([9, 12, 20], at: points)
    }
    for metric in Self.symmetricSurfaceMetrics {
      #expect(
        close(
          metric.score(prediction: first, reference: second, spacing: Self.spacing),
          metric.score(prediction: moved(first), reference: moved(second), spacing: Self.spacing)),
        "\(metric.key)")
    }
  }

  @Test(arguments: 0..<3)
  func equalMasksArePerfect(pair: Int) {
    let first = Self.pairs[pair].0
    for metric in Self.symmetricSurfaceMetrics {
      let score = metric.score(prediction: first, reference: first, spacing: Self.spacing)
      #expect(score == .value(metric.quantity == .overlap ? 1 : 0), "\(metric.key)")
    }
    for metric in [
      DiceCoefficient(), JaccardIndex(), Precision(), Recall(), Specificity(), VolumeSimilarity(),
    ]
      as [any OverlapMetric]
    {
      #expect(metric.score(prediction: first, reference: first) == .value(1))
    }
  }

  @Test func aTriangleOfAxesGivesTheSameDistances() {
    // Exchanging two axes with their spacings moves no point.
    let (first, second) = Self.pairs[1]
    func turned(_ source: BinaryMask) -> BinaryMask {
      mask([11, 6, 9], at: foreground(source).map { [$0[2], $0[0], $0[1]] })
    }
    let spacing = VoxelSpacing([Self.spacing[2], Self.spacing[0], Self.spacing[1]])
    for metric in Self.symmetricSurfaceMetrics where metric.surface != .surfels {
      #expect(
        close(
          metric.score(prediction: first, reference: second, spacing: Self.spacing),
          metric.score(prediction: turned(first), reference: turned(second), spacing: spacing)))
    }
  }

  @Test func largerPercentileIsNoSmaller() {
    let distances = SurfaceDistances(
      prediction: Self.pairs[1].0, reference: Self.pairs[1].1, spacing: Self.spacing)
    let scores = [0.0, 10, 50, 90, 95, 99.5, 100].compactMap {
      HausdorffDistance(percentile: $0).score(distances).value
    }
    #expect(scores.count == 7 && scores == scores.sorted())
  }
}
