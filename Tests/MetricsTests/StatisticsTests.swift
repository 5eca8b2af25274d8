import Foundation
import Metrics
import Testing

@Suite struct StatisticsTests {
  @Test func meanSpreadAndMiddle() {
    let sample = SampleStatistics([2, 4, 4, 4, 5, 5, 7, 9])
    #expect(sample.mean == 5 && sample.median == 4.5 && sample.count == 8)
    #expect(sample.standardDeviation == (32.0 / 7).squareRoot())
    #expect(SampleStatistics([3]).standardDeviation == nil && SampleStatistics([3]).median == 3)
    #expect(SampleStatistics([]).mean == nil && SampleStatistics([]).median == nil)
  }

  /// The bootstrap of normal data comes near `mean +- 1.96 sd / sqrt(n)`.
  @Test func bootstrapInterval() throws {
    var generator = SeededGenerator(seed: 3)
    let values = (0..<400).map { _ in
      (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
    }
    let statistics = SampleStatistics(values)
    let interval = try #require(BootstrapInterval(ofMeanOf: values, using: &generator))
    let half = 1.96 * (statistics.standardDeviation ?? 0) / 20
    #expect((interval.lowerBound - ((statistics.mean ?? 0) - half)).magnitude < 0.1 * half)
    #expect((interval.upperBound - ((statistics.mean ?? 0) + half)).magnitude < 0.1 * half)
    let narrow = try #require(BootstrapInterval(ofMeanOf: values, level: 0.5, using: &generator))
    #expect(narrow.lowerBound > interval.lowerBound && narrow.upperBound < interval.upperBound)
  }

  @Test func bootstrapFollowsItsGenerator() {
    func interval(_ seed: UInt64) -> BootstrapInterval? {
      var generator = SeededGenerator(seed: seed)
      return BootstrapInterval(ofMeanOf: [1, 2, 5, 9, 11], using: &generator)
    }
    #expect(interval(1) == interval(1))
    #expect(interval(1) != interval(2))
  }

  @Test func bootstrapOfTooLittleIsNothing() {
    var generator = SeededGenerator(seed: 1)
    #expect(BootstrapInterval(ofMeanOf: [1], using: &generator) == nil)
    #expect(BootstrapInterval(ofMeanOf: [1, .infinity], using: &generator) == nil)
    #expect(BootstrapInterval(ofMeanOf: [4, 4, 4], using: &generator)?.lowerBound == 4)
  }

  struct WilcoxonCases: Decodable {
    struct Case: Decodable, CustomTestStringConvertible, Sendable {
      let name: String
      let differences: [Double]
      let method: String
      let smaller_rank_sum: Double
      let p: Double
      var testDescription: String { name }
    }
    let cases: [Case]

    static let all: [Case] = {
      guard
        let url = Bundle.module.url(forResource: "wilcoxon", withExtension: "json", subdirectory: "Fixtures"),
        let data = try? Data(contentsOf: url),
        let file = try? JSONDecoder().decode(WilcoxonCases.self, from: data)
      else { preconditionFailure("the fixture wilcoxon.json cannot be read") }
      return file.cases
    }()
  }

  /// SciPy's values (see PROVENANCE.md).
  @Test(arguments: WilcoxonCases.all)
  func wilcoxon(_ reference: WilcoxonCases.Case) throws {
    let method: WilcoxonSignedRank.Method = reference.method == "exact" ? .exact : .normalApproximation
    let test = try #require(WilcoxonSignedRank(differences: reference.differences, method: method))
    #expect(min(test.positiveRankSum, test.negativeRankSum) == reference.smaller_rank_sum)
    #expect((test.pValue - reference.p).magnitude < 1e-12)
    let automatic = WilcoxonSignedRank(differences: reference.differences)
    #expect(automatic?.pValue == test.pValue)
  }

  /// By hand: of the 8 signs of ranks 1, 2, 3 the sums 0 and 6 are the extremes.
  @Test func wilcoxonByHand() {
    #expect(WilcoxonSignedRank(differences: [1, 2, 3])?.pValue == 0.25)
    #expect(WilcoxonSignedRank(differences: [-1, 2, 3])?.pValue == 0.5)
    #expect(WilcoxonSignedRank(differences: [1, -1])?.pValue == 1)
    #expect(WilcoxonSignedRank(differences: [0, 0]) == nil)
    #expect(WilcoxonSignedRank(differences: [0, 5])?.count == 1)
  }

  @Test func pairedComparison() {
    var generator = SeededGenerator(seed: 1)
    let comparison = PairedComparison(
      first: [0.5, 0.6, nil, 0.7, 0.1], second: [0.6, 0.8, 0.9, .infinity, 0.4], using: &generator)
    #expect(comparison.differences.map { ($0 * 10).rounded() } == [1, 2, 3])
    #expect(comparison.skipped == 2)
    #expect(((comparison.meanDifference ?? 0) - 0.2).magnitude < 1e-12)
    #expect(comparison.test?.pValue == 0.25)
    #expect((comparison.interval?.lowerBound ?? 1) < 0.2 && (comparison.interval?.upperBound ?? 0) > 0.2)
  }

  @Test func reportsArePairedByName() throws {
    let organ = SegmentationClass(label: 1)
    func report(_ scores: [(String, Double)]) -> ScoreReport {
      ScoreReport(
        cases: scores.map { name, value in
          CaseScores(
            name: name,
            classes: [ClassScores(segmentationClass: organ, counts: .zero, scores: ["dice": .value(value)])],
            imageDiagonalInMillimeters: 1)
        }, metrics: [DiceCoefficient()])
    }
    var generator = SeededGenerator(seed: 1)
    let comparison = try PairedComparison(
      of: "dice", class: organ, first: report([("a", 0.25), ("b", 0.5)]),
      second: report([("b", 0.75), ("a", 1)]),
      undefined: .skip, using: &generator)
    #expect(comparison.differences == [0.75, 0.25])
    #expect(throws: MetricsError(.missingPartner(file: "b", folder: "the second report"))) {
      try PairedComparison(
        of: "dice", class: organ, first: report([("a", 0), ("b", 0)]), second: report([("a", 0), ("c", 0)]),
        undefined: .skip, using: &generator)
    }
    #expect(throws: MetricsError(.unpairedScores(first: 2, second: 1))) {
      try PairedComparison(
        of: "dice", class: organ, first: report([("a", 0), ("b", 0)]), second: report([("a", 0)]),
        undefined: .skip, using: &generator)
    }
  }
}
