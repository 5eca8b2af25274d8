import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct RestorationLossTests {
  /// g(i, c) of rows `i`, columns 0 and 1.
  private func wave<Scalar: TensorFloatingPointScalar>(_ rows: Range<Int>) -> Tensor<Scalar> {
    methodRows(rows, as: Scalar.self).sliced(along: 1, 0..<2)
  }

  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    let contrast = InfoNCELoss(temperature: 0.2)(
      queries: Variable(unitMethodRows(0..<4, as: type)), keys: Variable(unitMethodRows(4..<8)),
      negatives: Variable(unitMethodRows(24..<32)))
    let original = Tensor<Scalar>(
      rows: (0..<2).map { i in (0..<2).map { c in Scalar(0.25 * Double(i + c)) } })
    let loss = RestorationLoss()
    let generator = loss.generator(
      contrast: contrast, restored: Variable(wave(0..<2)).sigmoid(), original: original,
      judged: Variable(wave(4..<6)))
    let discriminator = loss.discriminator(
      real: Variable<Scalar>(wave(2..<4)), restored: Variable(wave(4..<6)))
    for (value, expected) in [
      (generator.error.item, 0.26889177265148967), (generator.adversarial?.item ?? 0, 2.9327915559773388),
      (generator.loss.item, 12.802320566533131), (discriminator.item, 1.0444649923912435),
    ] { #expect(abs(Double(value) - expected) <= tolerance(of: expected, type), "\(type): \(value)") }
    let first = loss.generator(
      contrast: contrast, restored: Variable(wave(0..<2)).sigmoid(), original: original, judged: nil)
    #expect(first.adversarial == nil)
    #expect(
      abs(Double(first.loss.item) - (12.802320566533131 - 0.0029327915559773388)) <= tolerance(of: 13, type))
  }

  @Test func theyAreTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let original = testRows([2, 3], seed: 9)
    let generator = checkGradient(at: [testRows([2, 3]), testRows([2, 2], seed: 8)]) {
      RestorationLoss(restorationWeight: 2, adversarialWeight: 3).generator(
        contrast: $0[0].squared().sum(), restored: $0[0], original: original, judged: $0[1]
      ).loss
    }
    #expect(generator.passes, "\(generator)")
    let discriminator = checkGradient(at: [testRows([2, 3]), testRows([2, 3], seed: 8)]) {
      RestorationLoss().discriminator(real: $0[0], restored: $0[1])
    }
    #expect(discriminator.passes, "\(discriminator)")
  }
}
