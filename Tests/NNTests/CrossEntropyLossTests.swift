import Autograd
import Foundation
import NN
import Tensor
import Testing

@Suite struct CrossEntropyLossTests {
  @Test func twoPixelsByHand() throws {
    // Pixel 1: scores 0, 0: log 2. Pixel 2: scores log 3, 0 and label 1: p = 3/4, 1/4: log 4.
    let logits = leaf(Tensor<Double>([0, 0, log(3), 0], shape: [1, 2, 2]))
    let loss = CrossEntropyLoss()(logits, Tensor([0, 1], shape: [1, 2]))
    loss.backward()
    #expect(abs(loss.item - (log(2) + log(4)) / 2) <= 1e-15)
    let gradient = Tensor<Double>([-0.25, 0.25, 0.375, -0.375], shape: [1, 2, 2])
    #expect(try #require(logits.gradient).isClose(to: gradient, absoluteTolerance: 1e-15))
  }

  @Test func whenEveryPixelIsIgnoredLossAndGradientAreZero() throws {
    let logits = leaf(testTensor([1, 4, 3], of: Double.self))
    let loss = CrossEntropyLoss(ignoredLabel: 255)(logits, Tensor(repeating: 255, shape: [1, 4]))
    loss.backward()
    #expect(loss.item == 0)
    #expect(try #require(logits.gradient) == Tensor(zeros: [1, 4, 3]))
  }

  @Test func anIgnoredLabelMayBeAClass() {
    let logits = Variable(testTensor([1, 4, 3], of: Double.self))
    let labels = Tensor<Int32>([0, 1, 0, 2], shape: [1, 4])
    let loss = CrossEntropyLoss(ignoredLabel: 0)(logits, labels)
    let kept = CrossEntropyLoss()(
      Variable(logits.value.gathered(along: 1, at: [1, 3])), Tensor([1, 2], shape: [1, 2]))
    #expect(abs(loss.item - kept.item) <= 1e-14)
  }

  @Test func anEmptyBatchHasNoLoss() {
    #expect(CrossEntropyLoss()(Variable(Tensor<Float>(zeros: [0, 4, 3])), Tensor(zeros: [0, 4])).item == 0)
  }
}
