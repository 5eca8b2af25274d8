import Autograd
import NN
import Tensor
import Testing

@Suite struct OverlapLossTests {
  /// Scores so far apart that the probabilities are 0 and 1.
  private func certain(_ labels: [Int32], classes: Int) -> Variable<Double> {
    Variable(
      Tensor(
        labels.flatMap { label in (0..<Int32(classes)).map { $0 == label ? 1e3 : -1e3 } },
        shape: [1, labels.count, classes]))
  }

  @Test func diceByHand() {
    // Predicted 0 0 1 1, reference 0 1 1 1: class 0: 2 * 1 / (2 + 1), class 1: 2 * 2 / (2 + 3).
    let labels = Tensor<Int32>([0, 1, 1, 1], shape: [1, 4])
    let loss = DiceLoss(smoothing: 0)(certain([0, 0, 1, 1], classes: 2), labels)
    #expect(abs(loss.item - (1 - (2.0 / 3 + 4.0 / 5) / 2)) <= 1e-12)
    // With smoothing 1: (2 + 1) / (3 + 1) and (4 + 1) / (5 + 1).
    let smoothed = DiceLoss()(certain([0, 0, 1, 1], classes: 2), labels)
    #expect(abs(smoothed.item - (1 - (3.0 / 4 + 5.0 / 6) / 2)) <= 1e-12)
  }

  @Test func tverskyByHand() {
    // Class 0: TP 1, FP 1, FN 0; class 1: TP 2, FP 0, FN 1; alpha .3, beta .7, s = 1.
    let labels = Tensor<Int32>([0, 1, 1, 1], shape: [1, 4])
    let loss = TverskyLoss()(certain([0, 0, 1, 1], classes: 2), labels)
    #expect(abs(loss.item - (1 - (2 / 2.3 + 3 / 3.7) / 2)) <= 1e-12)
  }

  @Test func halfAndHalfMakesTverskyDice() {
    // TP / (TP + FP / 2 + FN / 2) = 2 TP / (sum p + sum g); a smoothing of s there is 2 s here.
    let logits = Variable(testTensor([2, 9, 3], of: Double.self))
    let labels = testLabels([2, 9], classes: 3)
    let dice = DiceLoss(smoothing: 2)(logits, labels).item
    let tversky = TverskyLoss(alpha: 0.5, beta: 0.5, smoothing: 1)(logits, labels).item
    #expect(abs(dice - tversky) <= 1e-14)
  }

  @Test func aPerfectPredictionHasNoLoss() {
    let labels = Tensor<Int32>([0, 1, 2, 1], shape: [1, 4])
    #expect(abs(DiceLoss()(certain([0, 1, 2, 1], classes: 3), labels).item) <= 1e-12)
    #expect(abs(TverskyLoss()(certain([0, 1, 2, 1], classes: 3), labels).item) <= 1e-12)
  }

  @Test func anAbsentClassScoresOneWithSmoothing() {
    // Class 2 is neither predicted nor there: s / s = 1; classes 0 and 1 are perfect.
    let labels = Tensor<Int32>([0, 1, 0, 1], shape: [1, 4])
    #expect(abs(DiceLoss()(certain([0, 1, 0, 1], classes: 3), labels).item) <= 1e-12)
  }
}
