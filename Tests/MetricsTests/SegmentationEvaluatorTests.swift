import Metrics
import Tensor
import Testing

@Suite struct SegmentationEvaluatorTests {
  /// Class 1 is one pixel off, class 2 missed, class 3 a false alarm, class 4 nowhere.
  private let prediction = LabelMap(Tensor(rows: [[1, 0, 0, 3], [0, 0, 0, 0]]))
  private let reference = LabelMap(Tensor(rows: [[0, 1, 0, 0], [0, 0, 2, 2]]))
  private let spacing = VoxelSpacing(row: 3, column: 0.5)
  private let classes = (1...4).map { SegmentationClass(label: $0, name: "organ \($0)") }

  private var scores: CaseScores {
    SegmentationEvaluator(classes: classes).evaluate(
      prediction: prediction, reference: reference, spacing: spacing, caseName: "a")
  }

  @Test func scoresEachClass() {
    #expect(scores.name == "a")
    #expect(scores.classes.map(\.segmentationClass) == classes)
    #expect(scores[1]?["dice"] == .value(0))
    #expect(scores[1]?[HausdorffDistance(percentile: 95)] == .value(0.5))
    #expect(scores[1]?["assd_mm"] == .value(0.5))
    #expect(scores[2]?["dice"] == .value(0))
    #expect(scores[2]?["hd95_mm"] == .undefined(.predictionEmpty))
    #expect(scores[3]?["hd95_mm"] == .undefined(.referenceEmpty))
    #expect(scores[4]?["dice"] == .undefined(.bothEmpty))
    #expect(scores[2]?.isMissed == true && scores[2]?.isFalseAlarm == false)
    #expect(scores[3]?.isMissed == false && scores[3]?.isFalseAlarm == true)
    #expect(scores[1]?["precision"] == nil)
    #expect(scores[9] == nil)
  }

  @Test func diagonalCountsWholeElements() {
    // 2 rows of 3 mm, 4 columns of 0.5 mm.
    #expect(scores.imageDiagonalInMillimeters == (36.0 + 4).squareRoot())
  }

  @Test func withoutAListAllLabelsButTheBackgroundAreScored() {
    let found = SegmentationEvaluator().evaluate(
      prediction: prediction, reference: reference, spacing: spacing, caseName: "a")
    #expect(found.classes.map(\.segmentationClass.name) == ["1", "2", "3"])
    let other = SegmentationEvaluator(background: 2).evaluate(
      prediction: prediction, reference: reference, spacing: spacing, caseName: "a")
    #expect(other.classes.map(\.segmentationClass.label) == [0, 1, 3])
  }

  @Test func masksAreOneClass() {
    let evaluator = SegmentationEvaluator()
    let one = evaluator.evaluate(
      prediction: prediction.mask(of: 1), reference: reference.mask(of: 1), spacing: spacing, caseName: "a")
    #expect(one.classes.count == 1)
    #expect(one[1]?.scores == scores[1]?.scores)
    #expect(one[1]?.counts == scores[1]?.counts)
  }

  @Test func permutingClassesPermutesScores() {
    var generator = SeededGenerator(seed: 4)
    func labels(_ names: [Int32], _ generator: inout SeededGenerator) -> LabelMap {
      LabelMap(
        Tensor(shape: [4, 8, 9]) { buffer in
          for index in buffer.indices { buffer[index] = names[Int.random(in: 0..<4, using: &generator)] }
        })
    }
    let spacing = VoxelSpacing(plane: 2, row: 1, column: 1.5)
    var copy = generator
    let plain = SegmentationEvaluator().evaluate(
      prediction: labels([0, 1, 2, 3], &generator), reference: labels([0, 1, 2, 3], &generator),
      spacing: spacing,
      caseName: "")
    let permuted = SegmentationEvaluator().evaluate(
      prediction: labels([0, 3, 1, 2], &copy), reference: labels([0, 3, 1, 2], &copy), spacing: spacing,
      caseName: "")
    for (label, other) in [(1, 3), (2, 1), (3, 2)] as [(Int32, Int32)] {
      #expect(plain[label]?.scores == permuted[other]?.scores)
      #expect(plain[label]?.counts == permuted[other]?.counts)
    }
  }

  @Test func otherMetricsByName() {
    struct Misses: OverlapMetric {
      var key: String { "misses" }
      func score(_ counts: ConfusionCounts) -> Score { .value(Double(counts.falseNegatives)) }
    }
    let metrics: [any SegmentationMetric] = [
      Misses(), SurfaceDice(toleranceInMillimeters: 0.5), HausdorffDistance(percentile: 95, .surfelWeighted),
      HausdorffDistance(percentile: 100, .sets),
    ]
    let found = SegmentationEvaluator(metrics: metrics).evaluate(
      prediction: prediction, reference: reference, spacing: spacing, caseName: "")
    #expect(found[2]?["misses"] == .value(2))
    #expect(found[1]?["surface_dice_0.5mm"] == .value(1))
    #expect(found[1]?["hd_sets_mm"] == .value(0.5))
    #expect(found[1]?["hd95_surfel_weighted_mm"] == .value(0.5))
  }

  @Test func sharedKeysTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = SegmentationEvaluator(metrics: [DiceCoefficient(), DiceCoefficient()])
    }
  }
}
