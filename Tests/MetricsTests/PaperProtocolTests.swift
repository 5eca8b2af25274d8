import Metrics
import Tensor
import Testing

@Suite struct PaperProtocolTests {
  /// Three slices: 2 pixels off, missed, absent.
  private let predictions = [
    LabelMap(Tensor(rows: [[1, 0, 0, 0]])), LabelMap(Tensor(rows: [[0, 0, 0, 0]])),
    LabelMap(Tensor(rows: [[0, 0, 0, 0]])),
  ]
  private let references = [
    LabelMap(Tensor(rows: [[0, 0, 1, 0]])), LabelMap(Tensor(rows: [[1, 1, 0, 0]])),
    LabelMap(Tensor(rows: [[0, 0, 0, 0]])),
  ]
  private let evaluation = PaperProtocol(classes: [SegmentationClass(label: 1), SegmentationClass(label: 2)])

  @Test func missingSlicesCountAsZero() {
    let result = evaluation.evaluate(predictions: predictions, references: references)
    #expect(result.classes[0].hausdorffDistanceInPixels == 2.0 / 3)
    #expect(result.classes[0].averageSurfaceDistanceInPixels == 2.0 / 3)
    #expect(result.classes[0].slicesCountedAsZero == 2)
    #expect(result.meanHausdorffDistanceInPixels == .value(1.0 / 3))
  }

  @Test func overlapsArePooled() {
    let one = LabelMap(Tensor(rows: [[1, 1, 0], [2, 0, 0]]))
    let two = LabelMap(Tensor(rows: [[1, 0, 0], [2, 2, 2]]))
    // Class 1: TP 2, FP 1. Class 2: TP 2, FN 2.
    let result = evaluation.evaluate(predictions: [one, one], references: [one, two])
    #expect(result.classes.map(\.counts.truePositives) == [3, 2])
    #expect(result.classes[0].dice == .value(6.0 / 7) && result.classes[1].dice == .value(4.0 / 6))
    #expect(result.meanJaccard == .value((3.0 / 4 + 2.0 / 4) / 2))
  }

  @Test func classesThatNeverOccurLeaveTheMeanOfOverlaps() {
    let result = evaluation.evaluate(predictions: predictions, references: references)
    #expect(result.classes[1].dice == .undefined(.bothEmpty))
    #expect(result.meanDice == .value(0))
    #expect(evaluation.evaluate(predictions: [], references: []).meanDice == .undefined(.bothEmpty))
  }

  @Test func volumesAreTakenSliceBySlice() {
    func volume(_ slices: [LabelMap]) -> LabelMap {
      LabelMap(Tensor(slices.flatMap(\.labels.scalars), shape: [3, 1, 4]))
    }
    let slices = evaluation.evaluate(predictions: predictions, references: references)
    let volumes = evaluation.evaluate(predictions: [volume(predictions)], references: [volume(references)])
    #expect(slices == volumes)
  }
}
