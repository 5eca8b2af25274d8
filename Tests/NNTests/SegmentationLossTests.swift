import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// All losses for labels against PyTorch, value and gradient; then what they share.
@Suite struct SegmentationLossTests {
  private struct Case {
    let name: String
    let loss: any SegmentationLoss
    var labels = "labels"
  }

  private var cases: [Case] {
    let weights = [0.5, 1, 2, 0.25]
    let tversky = TverskyLoss(alpha: 0.5, beta: 0.5)
    return [
      Case(name: "crossEntropy.plain", loss: CrossEntropyLoss()),
      Case(name: "crossEntropy.weighted", loss: CrossEntropyLoss(classWeights: weights)),
      Case(name: "crossEntropy.ignored", loss: CrossEntropyLoss(ignoredLabel: 255), labels: "labels.ignored"),
      Case(name: "crossEntropy.smoothed", loss: CrossEntropyLoss(labelSmoothing: 0.1)),
      Case(
        name: "crossEntropy.weightedIgnored",
        loss: CrossEntropyLoss(classWeights: weights, ignoredLabel: 255),
        labels: "labels.ignored"),
      Case(
        name: "crossEntropy.weightedSmoothed",
        loss: CrossEntropyLoss(classWeights: weights, labelSmoothing: 0.1)),
      Case(
        name: "crossEntropy.ignoredSmoothed", loss: CrossEntropyLoss(ignoredLabel: 255, labelSmoothing: 0.1),
        labels: "labels.ignored"),
      Case(
        name: "crossEntropy.all",
        loss: CrossEntropyLoss(classWeights: weights, ignoredLabel: 255, labelSmoothing: 0.1),
        labels: "labels.ignored"),
      Case(name: "dice.batch", loss: DiceLoss()),
      Case(name: "dice.batchSmallSmoothing", loss: DiceLoss(smoothing: 1e-5)),
      Case(name: "dice.perImage", loss: DiceLoss(scope: .image)),
      Case(name: "dice.squared", loss: DiceLoss(denominator: .squared)),
      Case(name: "dice.foreground", loss: DiceLoss(classes: .foreground)),
      Case(name: "dicePlusCrossEntropy", loss: CombinedLoss.crossEntropyAndDice),
      Case(name: "focal.gamma2", loss: FocalLoss()),
      Case(name: "focal.gamma1_5", loss: FocalLoss(gamma: 1.5)),
      Case(name: "focal.gamma0", loss: FocalLoss(gamma: 0)),
      Case(name: "focal.weighted", loss: FocalLoss(classWeights: weights)),
      Case(name: "tversky.alpha0_3beta0_7", loss: TverskyLoss()),
      Case(name: "tversky.alpha0_5beta0_5", loss: tversky),
    ]
  }

  @Test func valuesAndGradientsAreTheReference() throws {
    let reference = try ReferenceValues("losses", in: .module)
    for test in cases {
      let logits = leaf(try reference.tensor("logits", as: Double.self))
      let value = test.loss(logits, try reference.tensor(test.labels))
      value.backward()
      let expected = try reference.number("\(test.name).value")
      #expect(abs(value.item - expected) <= 1e-12, "\(test.name): \(value.item), reference \(expected)")
      let error = try #require(logits.gradient).relativeError(
        to: try reference.tensor("\(test.name).gradient"))
      #expect(error <= 1e-12, "gradient of \(test.name) is off by \(error)")
    }
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let labels = testLabels([2, 3, 3], classes: 4)
    for test in cases where test.labels == "labels" {
      let result = checkGradient(at: [testTensor([2, 3, 3, 4])]) { test.loss($0[0], labels) }
      #expect(result.passes, "\(test.name): \(result)")
    }
  }

  @Test func volumesAreScoredAsImagesAre() {
    // The same pixels in another arrangement have the same loss, where sums run over the batch.
    let logits: Tensor<Double> = testTensor([1, 2, 3, 4, 3])
    let labels = testLabels([1, 2, 3, 4], classes: 3)
    let losses: [any SegmentationLoss] = [
      CrossEntropyLoss(), DiceLoss(), FocalLoss(), TverskyLoss(),
    ]
    for loss in losses {
      let volume = loss(Variable(logits), labels).item
      let image = loss(Variable(logits.reshaped([1, 6, 4, 3])), labels.reshaped([1, 6, 4])).item
      #expect(volume == image, "\(loss)")
    }
  }

  @Test func extremeLogitsStayFinite() throws {
    let losses: [any SegmentationLoss] = [
      CrossEntropyLoss(), CrossEntropyLoss(labelSmoothing: 0.1), DiceLoss(), DiceLoss(smoothing: 0),
      FocalLoss(), FocalLoss(gamma: 0.5), TverskyLoss(),
    ]
    for loss in losses {
      let logits = leaf(Tensor<Float>([1e4, -1e4, -1e4, 1e4, 1e4, -1e4], shape: [1, 3, 2]))
      let value = loss(logits, Tensor([0, 1, 0], shape: [1, 3]))
      value.backward()
      #expect(value.item.isFinite, "\(loss)")
      #expect(try #require(logits.gradient).isFinite().scalars.allSatisfy { $0 }, "\(loss)")
    }
  }

  /// Losses are values of their numbers: equal ones are equal, files give them back.
  @Test func lossesAreValues() throws {
    func expectValue<Loss: SegmentationLoss & Codable & Hashable>(_ loss: Loss, _ other: Loss) throws {
      let copy = try JSONDecoder().decode(Loss.self, from: JSONEncoder().encode(loss))
      #expect(copy == loss && copy.hashValue == loss.hashValue && copy != other)
    }
    try expectValue(
      CrossEntropyLoss(classWeights: [0.1, 2], ignoredLabel: 255, labelSmoothing: 0.1), CrossEntropyLoss())
    try expectValue(FocalLoss(gamma: 1.5, classWeights: [1, 3]), FocalLoss(gamma: 1.5))
    try expectValue(DiceLoss(denominator: .squared, scope: .image), DiceLoss(denominator: .squared))
    try expectValue(TverskyLoss(alpha: 0.4, classes: .foreground), TverskyLoss(alpha: 0.4))
  }

  @Test func aCombinationWeighsItsTerms() {
    let logits = Variable(testTensor([1, 2, 3, 3], of: Double.self))
    let labels = testLabels([1, 2, 3], classes: 3)
    let combined = CombinedLoss([(2, CrossEntropyLoss()), (0.5, DiceLoss())])(logits, labels).item
    let apart =
      2 * CrossEntropyLoss()(logits, labels).item + 0.5 * DiceLoss()(logits, labels).item
    #expect(abs(combined - apart) <= 1e-12)
  }

  @Test func labelsOutsideTheClassesStop() async {
    await #expect(processExitsWith: .failure) {
      _ = CrossEntropyLoss()(Variable(Tensor<Float>(zeros: [1, 2, 3])), Tensor([0, 3], shape: [1, 2]))
    }
  }

  @Test func labelsOfAnotherShapeStop() async {
    await #expect(processExitsWith: .failure) {
      _ = DiceLoss()(Variable(Tensor<Float>(zeros: [1, 2, 3])), Tensor([0, 1, 2], shape: [1, 3]))
    }
  }
}
