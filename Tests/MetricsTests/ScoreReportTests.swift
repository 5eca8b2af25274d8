import Foundation
import Metrics
import Tensor
import Testing

@Suite struct ScoreReportTests {
  private static let organ = SegmentationClass(label: 1, name: "organ")
  private static let tumor = SegmentationClass(label: 2, name: "tumor, small")

  private static func entry(
    _ segmentationClass: SegmentationClass, tp: Int, fp: Int, fn: Int, distance: Score
  ) -> ClassScores {
    let counts = ConfusionCounts(truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: 10)
    return ClassScores(
      segmentationClass: segmentationClass, counts: counts,
      scores: ["dice": DiceCoefficient().score(counts), "hd95_mm": distance])
  }

  /// The organ: 1, 0.5 and missed; the tumour: absent, a false alarm, 0.5.
  private let report = ScoreReport(
    cases: [
      CaseScores(
        name: "a",
        classes: [
          entry(organ, tp: 8, fp: 0, fn: 0, distance: .value(2)),
          entry(tumor, tp: 0, fp: 0, fn: 0, distance: .undefined(.bothEmpty)),
        ], imageDiagonalInMillimeters: 100),
      CaseScores(
        name: "b",
        classes: [
          entry(organ, tp: 1, fp: 1, fn: 1, distance: .value(4)),
          entry(tumor, tp: 0, fp: 3, fn: 0, distance: .undefined(.referenceEmpty)),
        ], imageDiagonalInMillimeters: 50),
      CaseScores(
        name: "c",
        classes: [
          entry(organ, tp: 0, fp: 0, fn: 6, distance: .undefined(.predictionEmpty)),
          entry(tumor, tp: 2, fp: 2, fn: 2, distance: .value(1)),
        ], imageDiagonalInMillimeters: 30),
    ], metrics: [DiceCoefficient(), HausdorffDistance(percentile: 95)])

  @Test func overlapOfAMissIsZero() {
    let summary = report.summary(of: "dice", class: Self.organ, undefined: .skip)
    #expect(summary.values == [1, 0.5, 0])
    #expect(summary.mean == 0.5 && summary.median == 0.5 && summary.standardDeviation == 0.5)
    #expect(summary.used == 3 && summary.skipped == 0 && summary.missed == 1 && summary.falseAlarms == 0)
  }

  @Test func policies() {
    func values(_ policy: UndefinedScorePolicy) -> [Double] {
      report.summary(of: "hd95_mm", class: Self.organ, undefined: policy).values
    }
    #expect(values(.skip) == [2, 4])
    #expect(values(.score(9)) == [2, 4, 9])
    #expect(values(.imageDiagonal) == [2, 4, 30])
    #expect(values(.propagate) == [2, 4, .infinity])
    let propagated = report.summary(of: "hd95_mm", class: Self.organ, undefined: .propagate)
    #expect(propagated.mean == .infinity && propagated.median == 4 && propagated.standardDeviation == nil)
    for policy in [UndefinedScorePolicy.skip, .score(9), .imageDiagonal, .propagate] {
      let summary = report.summary(of: "hd95_mm", class: Self.organ, undefined: policy)
      #expect(summary.missed == 1 && summary.used + summary.skipped == 3)
    }
  }

  @Test func classesAbsentFromBothAreSkippedUnlessSaidOtherwise() {
    let summary = report.summary(of: "dice", class: Self.tumor, undefined: .propagate)
    #expect(summary.values == [0, 0.5] && summary.skipped == 1 && summary.falseAlarms == 1)
    let counted = UndefinedScorePolicy(bothEmpty: .score(1), oneEmpty: .skip)
    #expect(report.summary(of: "dice", class: Self.tumor, undefined: counted).values == [1, 0, 0.5])
    let shown = UndefinedScorePolicy(bothEmpty: .propagate, oneEmpty: .skip)
    let summaryShown = report.summary(of: "hd95_mm", class: Self.tumor, undefined: shown)
    #expect(summaryShown.mean == nil && summaryShown.used == 1)
  }

  @Test func meanOverClassesIsPerCaseFirst() {
    let dice = report.meanSummary(of: "dice", undefined: .skip)
    #expect(dice.values == [1, 0.25, 0.25])
    #expect(dice.missed == 1 && dice.falseAlarms == 1 && dice.name == "mean")
    let distance = report.meanSummary(of: "hd95_mm", undefined: .imageDiagonal)
    #expect(distance.values == [2, 27, 15.5])
  }

  @Test func pooledScoresWeighVoxels() {
    // TP 9, FP 1, FN 7.
    #expect(report.pooledScore(of: DiceCoefficient(), class: Self.organ) == .value(18.0 / 26))
    // With the tumour: TP 11, FP 6, FN 9.
    #expect(report.pooledScore(of: DiceCoefficient(), over: .micro) == .value(22.0 / 37))
  }

  @Test func caseTable() {
    let table = report.caseTable(digits: 2)
    #expect(
      table.csv() == """
        case,class,dice,hd95_mm,missed
        a,organ,1.00,2.00,0
        a,"tumor, small",,,0
        b,organ,0.50,4.00,0
        b,"tumor, small",0.00,,0
        c,organ,0.00,,1
        c,"tumor, small",0.50,1.00,0

        """)
    #expect(
      table.text() == """
        case  class         dice  hd95_mm  missed
        a     organ         1.00     2.00       0
        a     tumor, small     -        -       0
        b     organ         0.50     4.00       0
        b     tumor, small  0.00        -       0
        c     organ         0.00        -       1
        c     tumor, small  0.50     1.00       0

        """)
    #expect(
      table.markdown().hasPrefix(
        """
        | case | class | dice | hd95_mm | missed |
        | --- | --- | ---: | ---: | ---: |
        | a | organ | 1.00 | 2.00 | 0 |

        """))
  }

  @Test func cellsAreEscaped() {
    let table = ScoreTable(header: ["a|b", "c"], rows: [["1\"2", "x\ny"]])
    #expect(table.csv() == "a|b,c\n\"1\"\"2\",\"x\ny\"\n")
    #expect(table.markdown() == "| a\\|b | c |\n| --- | --- |\n| 1\"2 | x y |\n")
  }

  @Test func summaryTable() {
    var generator = SeededGenerator(seed: 1)
    let table = report.summaryTable(undefined: .skip, digits: 3, using: &generator)
    #expect(
      table.header == [
        "class", "metric", "mean", "sd", "median", "ci95_low", "ci95_high", "used", "skipped", "missed",
        "false_alarms",
      ])
    #expect(table.rows.map { $0[0] } == ["organ", "organ", "tumor, small", "tumor, small", "mean", "mean"])
    #expect(Array(table.rows[1].prefix(5)) == ["organ", "hd95_mm", "3.000", "1.414", "3.000"])
    #expect(Array(table.rows[1].suffix(4)) == ["2", "1", "1", "0"])
    #expect(Array(table.rows[3].prefix(7)) == ["tumor, small", "hd95_mm", "1.000", "-", "1.000", "-", "-"])
  }

  @Test func jsonHasNullForWhatIsUndefined() throws {
    var generator = SeededGenerator(seed: 1)
    let text = report.json(undefined: .propagate, using: &generator)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]])
    let missed = try #require(object["cases"]?[4])
    #expect(missed["case"] as? String == "c" && missed["class"] as? String == "organ")
    #expect(missed["hd95_mm"] is NSNull && missed["dice"] as? Double == 0 && missed["missed"] as? Int == 1)
    #expect(missed["undefined"] as? [String: String] == ["hd95_mm": "predictionEmpty"])
    let summary = try #require(object["summary"]?[1])
    #expect(summary["mean"] is NSNull && summary["missed"] as? Int == 1 && summary["used"] as? Int == 3)
    #expect(!text.contains("nan") && !text.contains("inf"))
    var again = SeededGenerator(seed: 1)
    #expect(report.json(undefined: .propagate, using: &again) == text)
  }

  @Test func namesInJSONAreEscaped() throws {
    let name = "a\"b\\c\n\u{1}é"
    let report = ScoreReport(
      cases: [
        CaseScores(
          name: name, classes: [Self.entry(Self.organ, tp: 1, fp: 0, fn: 0, distance: .value(0))],
          imageDiagonalInMillimeters: 1)
      ], metrics: [DiceCoefficient()])
    var generator = SeededGenerator(seed: 1)
    let text = report.json(undefined: .skip, using: &generator)
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: [[String: Any]]]
    #expect(object?["cases"]?[0]["case"] as? String == name)
  }

  @Test func numbersAreRoundedNotCut() {
    let report = ScoreReport(
      cases: [-0.00001, 1.9996, 12, 0.0625].enumerated().map { index, value in
        CaseScores(
          name: "\(index)",
          classes: [
            ClassScores(segmentationClass: Self.organ, counts: .zero, scores: ["dice": .value(value)])
          ], imageDiagonalInMillimeters: 1)
      }, metrics: [DiceCoefficient()])
    #expect(report.caseTable(digits: 3).rows.map { $0[2] } == ["0.000", "2.000", "12.000", "0.063"])
    #expect(report.caseTable(digits: nil).rows.map { $0[2] } == ["-1e-05", "1.9996", "12.0", "0.0625"])
  }

  @Test func unknownMetricsTrap() async {
    await #expect(processExitsWith: .failure) {
      let report = ScoreReport(cases: [], metrics: [])
      _ = report.meanSummary(of: "dice", undefined: .skip)
      _ = report.pooledScore(of: DiceCoefficient(), class: SegmentationClass(label: 1))
      let one = ScoreReport(
        cases: [CaseScores(name: "", classes: [], imageDiagonalInMillimeters: 1)], metrics: [])
      _ = one.summary(of: "dice", class: SegmentationClass(label: 1), undefined: .skip)
    }
  }
}
