import Metrics
import Tensor
import Testing

@Suite struct ClassAverageTests {
  private func counts(_ reference: MulticlassCase, from first: Int32) -> [ConfusionCounts] {
    let comparison = LabelMapComparison(prediction: reference.prediction, reference: reference.reference)
    return (first..<Int32(reference.classCount)).map(comparison.counts)
  }

  /// The averages of torchmetrics and MONAI, with background and without.
  @Test(arguments: ReferenceCases.shared.multiclass)
  func referenceValues(_ reference: MulticlassCase) {
    for (flag, first) in [("True", 0), ("False", 1)] as [(String, Int32)] {
      let counts = counts(reference, from: first)
      let scores: [(String, Score)] = [
        ("torchmetrics_dice_micro_incbg=\(flag)", ClassAverage.micro.score(DiceCoefficient(), of: counts)),
        ("torchmetrics_dice_macro_incbg=\(flag)", ClassAverage.macro.score(DiceCoefficient(), of: counts)),
        (
          "torchmetrics_dice_weighted_incbg=\(flag)",
          ClassAverage.weighted.score(DiceCoefficient(), of: counts)
        ),
        ("monai_miou_incbg=\(flag)", ClassAverage.macro.score(JaccardIndex(), of: counts)),
      ]
      #expect(mismatches(scores, reference.expected.compactMapValues(\.first), within: 1e-5) == [])
    }
  }

  @Test func nothingToAverage() {
    let absent = ConfusionCounts(truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 5)
    for average in ClassAverage.allCases {
      #expect(average.score(DiceCoefficient(), of: [absent, absent]) == .undefined(.bothEmpty))
      #expect(average.score(DiceCoefficient(), of: []) == .undefined(.bothEmpty))
    }
  }
}
