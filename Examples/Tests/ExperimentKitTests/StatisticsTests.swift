import ExperimentKit
import Foundation
import Testing

@Suite struct LearningCurveTests {
  private let curve = LearningCurve(steps: [0, 10, 30], scores: [0, 0.4, 0.8])

  /// By hand: 10 steps at a mean of .2 and 20 at .6 are 14, of 30 steps.
  @Test func theMeanScoreIsTheAreaUnderTheLinesByTheSteps() {
    #expect(abs(curve.meanScore - 14.0 / 30) < 1e-15)
    #expect(LearningCurve(steps: [0], scores: [0.3]).meanScore == 0.3)
    // A curve need not begin at 0, nor be sampled evenly.
    #expect(abs(LearningCurve(steps: [5, 6, 105], scores: [1, 0, 0]).meanScore - 0.005) < 1e-15)
  }

  /// By hand, on the straight line from (10, .4) to (30, .8).
  @Test func stepsToReachAScoreLieOnTheLines() throws {
    #expect(curve.steps(toReach: 0) == 0)
    #expect(curve.steps(toReach: -1) == 0)
    #expect(abs(try #require(curve.steps(toReach: 0.2)) - 5) < 1e-12)
    #expect(abs(try #require(curve.steps(toReach: 0.6)) - 20) < 1e-12)
    #expect(abs(try #require(curve.steps(toReach: 0.8)) - 30) < 1e-12)
    #expect(curve.steps(toReach: 0.81) == nil)
  }

  /// The first time counts, also when the score falls again.
  @Test func theFirstStepCounts() throws {
    let curve = LearningCurve(steps: [0, 10, 20, 30], scores: [0, 0.5, 0.1, 0.5])
    #expect(abs(try #require(curve.steps(toReach: 0.25)) - 5) < 1e-12)
  }
}

@Suite struct HolmCorrectionTests {
  /// R's `p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")`: .03 .06 .06 .02.
  @Test func theValuesAreThoseOfR() {
    let adjusted = HolmCorrection.adjusted([0.01, 0.04, 0.03, 0.005])
    for (value, expected) in zip(adjusted, [0.03, 0.06, 0.06, 0.02]) {
      #expect(abs(value - expected) < 1e-15)
    }
  }

  @Test func oneValueStaysAndNoneExceedsOne() {
    #expect(HolmCorrection.adjusted([0.2]) == [0.2])
    #expect(HolmCorrection.adjusted([0.6, 0.7]) == [1, 1])
    #expect(HolmCorrection.adjusted([]).isEmpty)
  }
}

@Suite struct PatientCountsTests {
  /// By hand: class 1 shares 2 + 6 pixels of 4 + 6 predicted and 4 + 8 there: 16 / 22; class 2 is nowhere.
  @Test func diceIsPooledOverPatientsBeforeTheMeanOverClasses() throws {
    let patients = [
      PatientCounts(patient: "a", overlap: [2, 0, 1], predicted: [4, 0, 1], actual: [4, 0, 3]),
      PatientCounts(patient: "b", overlap: [6, 0, 0], predicted: [6, 0, 0], actual: [8, 0, 0]),
    ]
    let classes = PatientCounts.pooledDiceByClass(patients)
    #expect(abs(try #require(classes[0]) - 16.0 / 22) < 1e-15)
    #expect(classes[1] == nil)
    #expect(abs(try #require(classes[2]) - 0.5) < 1e-15)
    #expect(abs(PatientCounts.pooledDice(patients) - (16.0 / 22 + 0.5) / 2) < 1e-15)
    #expect(PatientCounts.pooledDice([]) == 0)
  }
}

@Suite struct CrossedComparisonTests {
  /// 100 pixels predicted and there in each of 30 patients, of which so many are shared: Dice = overlap / 100.
  private func counts(_ overlap: Int) -> [PatientCounts] {
    (0..<30).map {
      PatientCounts(patient: "\($0)", overlap: [overlap + $0 % 2], predicted: [100], actual: [100])
    }
  }

  @Test func equalMethodsDifferByNothing() throws {
    let same = [1: counts(50), 2: counts(60)] as [UInt64: [PatientCounts]]
    let comparison = try #require(CrossedComparison(first: same, second: same))
    #expect(comparison.mean == 0 && comparison.low == 0 && comparison.high == 0)
    #expect(comparison.pValue == 1 && comparison.signedRankPValue == nil)
  }

  /// A pre-training that lifts all its patients is one observation, not thirty: with one seed 20 points up and one 20 points
  /// down the interval must reach from one to the other. Sixty scores taken as independent would give +-.05.
  @Test func patientsOfOneSeedAreNotIndependent() throws {
    let comparison = try #require(
      CrossedComparison(
        first: [1: counts(50), 2: counts(50)], second: [1: counts(70), 2: counts(30)]))
    #expect(comparison.seeds == [1, 2] && comparison.patientCount == 30)
    #expect(zip(comparison.differences, [0.2, -0.2]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(comparison.mean) < 1e-12)
    #expect(try #require(comparison.low) < -0.19)
    #expect(try #require(comparison.high) > 0.19)
    #expect(try #require(comparison.pValue) > 0.4)
  }

  /// Three pairs that agree in their sign are above 0 in every draw; what lies between them, 5, 5 and 20 points, is as likely by
  /// chance as a t-test says.
  @Test func fewSeedsAreNoProof() throws {
    let first = [1: counts(50), 2: counts(50), 3: counts(50)] as [UInt64: [PatientCounts]]
    let second = [1: counts(55), 2: counts(55), 3: counts(70)] as [UInt64: [PatientCounts]]
    let comparison = try #require(CrossedComparison(first: first, second: second))
    #expect(try #require(comparison.low) > 0.04)
    // scipy.stats.ttest_1samp([.05, .05, .2], 0).
    #expect(abs(try #require(comparison.pValue) - 0.18350341907227397) < 1e-9)
    let mean = CrossedMean([[0.05, 0.05], [0.05, 0.05], [0.2, 0.2]]) { $0.reduce(0, +) / Double($0.count) }
    #expect(abs(try #require(mean.pValue) - 0.18350341907227397) < 1e-9)
  }

  /// Patients differ as well: where one of four carries the whole gain, it is drawn in 68 % of the samples, and not in the
  /// others.
  @Test func patientsAreDrawnToo() throws {
    func one(_ overlaps: [Int]) -> [PatientCounts] {
      overlaps.enumerated().map {
        PatientCounts(patient: "\($0.offset)", overlap: [$0.element], predicted: [100], actual: [100])
      }
    }
    let first = [1: one([50, 50, 50, 50]), 2: one([50, 50, 50, 50])] as [UInt64: [PatientCounts]]
    let second = [1: one([50, 50, 50, 90]), 2: one([50, 50, 50, 90])] as [UInt64: [PatientCounts]]
    let comparison = try #require(CrossedComparison(first: first, second: second))
    #expect(abs(comparison.mean - 0.1) < 1e-12)
    #expect(comparison.low == 0)
    #expect(try #require(comparison.high) >= 0.2)
  }

  @Test func seedsOfOneSideAreLeftOut() throws {
    let comparison = try #require(
      CrossedComparison(first: [1: counts(50), 3: counts(50)], second: [1: counts(60), 2: counts(90)]))
    #expect(comparison.seeds == [1])
    #expect(comparison.low == nil && comparison.pValue == nil)
    #expect(CrossedComparison(first: [1: counts(50)], second: [2: counts(50)]) == nil)
  }
}

@Suite struct PairedTTestTests {
  /// By scipy 1.17.1, stats.ttest_1samp(differences, 0).
  @Test(arguments: [
    ([0.198, 0.048, 0.048], 0.1890573096017323), ([0.01, -0.02, 0.03, 0.05], 0.32576571053495285),
    ([1, 2], 0.20483276469913345),
    ([0.1, 0.2, -0.05, 0.12, 0.3, 0.01, 0.02], 0.07086518125927674),
    ([0.1, 0.2, 0.15, 0.12, 0.3, -0.1, 0.05, 0.2, 0.11, 0.02, 0.07, 0.09], 0.0032124803019656606),
  ])
  func agreesWithSciPy(differences: [Double], expected: Double) throws {
    #expect(abs(try #require(PairedTTest.pValue(differences)) - expected) < 1e-12)
    #expect(abs(try #require(PairedTTest.pValue(differences.map { -$0 })) - expected) < 1e-12)
  }

  @Test func theEndsOfTheScale() {
    #expect(PairedTTest.pValue([0.25, 0.25, 0.25]) == 0)
    #expect(PairedTTest.pValue([0, 0]) == 1 && PairedTTest.pValue([-1, 1]) == 1)
    #expect(PairedTTest.pValue([0.5]) == nil && PairedTTest.pValue([0.5, .nan, 0.5]) == nil)
  }
}

@Suite struct ClusterReportTests {
  /// By hand: in slice 0 the best fixed count with at most 50 segments leaks .08; in slice 1 none has at most 20. Over both
  /// slices the adaptive count leaks .15 and the second of the fixed ones, the least, .055.
  @Test func theAdaptiveCountStandsBesideTheBestThatDeliversNoMore() {
    func result(_ segments: [Int], _ leaked: [Double]) -> SuperpixelRun.Result {
      var result = SuperpixelRun.Result()
      result.segments = segments
      result.superpixels.leakedMass = leaked
      return result
    }
    let cells = ClusterReport.comparison(
      result([50, 20], [0.1, 0.2]),
      [result([40, 30], [0.08, 0.3]), result([60, 25], [0.01, 0.1]), result([50, 25], [0.09, 0.1])],
      slicesPerBlock: 1)
    // One slice has no interval; two lie .09 and .1 apart, and every mean of draws between them.
    #expect(
      cells == [
        "20, 50, 50", "0.1000", "0.0800", "1.25", "+0.0200", "-", "0 of 1", "0.0550", "2.727", "+0.0950",
        "+0.0900 ... +0.1000",
      ])
  }
}

@Suite struct CrossedMeanTests {
  @Test func equalScoresHaveNoWidth() {
    let mean = CrossedMean([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]) { $0.reduce(0, +) / Double($0.count) }
    #expect(mean.value == 0.5 && mean.low == 0.5 && mean.high == 0.5)
    // No draw lies at or below 0: the observation alone counts on that side, of 2,000 draws.
    #expect(mean.pValue == 2.0 / 2001)
  }

  /// With one seed, or one patient, nothing can be said of others.
  @Test func oneSeedOrPatientHasNoInterval() {
    for scores in [[[0.1, 0.9]], [[0.1], [0.9]]] {
      let mean = CrossedMean(scores) { $0.reduce(0, +) / Double($0.count) }
      #expect(mean.value == 0.5 && mean.low == nil && mean.high == nil && mean.pValue == nil)
    }
    #expect(CrossedMean([[Double]]()) { $0[0] }.value == 0)
  }

  /// Seeds that differ and patients that do not: the mean of two draws of 0 and 1 is 0, .5 or 1 with chances 1/4, 1/2, 1/4, so the
  /// interval is all of 0...1; as many patients do not narrow it.
  @Test func patientsDoNotStandForSeeds() {
    let mean = CrossedMean([[Double](repeating: 0, count: 50), [Double](repeating: 1, count: 50)]) {
      $0.reduce(0, +) / Double($0.count)
    }
    #expect(mean.value == 0.5 && mean.low == 0 && mean.high == 1)
  }
}
