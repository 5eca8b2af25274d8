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

  /// Slices of 2, 0 and 0 pixels in batches of two: ((2 + 0) / 2 + 0) / 2, where the mean over slices is 2/3.
  @Test func asReleasedBatchesAreAveragedFirst() {
    let classes = [SegmentationClass(label: 1), SegmentationClass(label: 2)]
    func released(_ batchSize: Int, _ order: [Int] = [0, 1, 2]) -> PaperProtocol.Result {
      PaperProtocol.asReleased(classes: classes, batchSize: batchSize).evaluate(
        predictions: order.map { predictions[$0] }, references: order.map { references[$0] })
    }
    #expect(released(2).classes[0].hausdorffDistanceInPixels == 0.5)
    #expect(released(2).classes[0].averageSurfaceDistanceInPixels == 0.5)
    // The slice alone in the last batch weighs as much as the two before it.
    #expect(released(2, [1, 2, 0]).classes[0].hausdorffDistanceInPixels == 1)
    #expect(released(1).classes[0].hausdorffDistanceInPixels == 2.0 / 3)
    #expect(released(9).classes[0].hausdorffDistanceInPixels == 2.0 / 3)
    #expect(released(2).meanHausdorffDistanceInPixels == .value(0.25))
    #expect(
      PaperProtocol.asReleased(classes: classes, batchSize: 2).evaluate(predictions: [], references: [])
        .classes[0].hausdorffDistanceInPixels == 0)
  }

  /// Class 1 is right in every pixel and class 2 nowhere: 1 where absent classes are left out, 1/2 as released.
  @Test func asReleasedAClassThatNeverOccursCountsAsZero() {
    let classes = [SegmentationClass(label: 1), SegmentationClass(label: 2)]
    let result = PaperProtocol.asReleased(classes: classes, batchSize: 4)
      .evaluate(predictions: [references[0]], references: [references[0]])
    #expect(result.meanDice == .value(0.5) && result.meanJaccard == .value(0.5))
    #expect(result.classes[1].dice == .undefined(.bothEmpty))
    #expect(
      evaluation.evaluate(predictions: [references[0]], references: [references[0]]).meanDice == .value(1))
  }

  @Test func aBatchOfNoSlicesTraps() async {
    await #expect(processExitsWith: .failure) {
      _ = PaperProtocol.asReleased(classes: [], batchSize: 0)
    }
  }
}
