import Autograd
import Contrastive
import Foundation
import Tensor
import Testing

/// A loss is a setting: plain numbers that a file holds, one for rows of any type.
@Suite struct LossSettingTests {
  private func expectRoundTrip<Loss: Codable & Hashable & Sendable>(_ loss: Loss) throws {
    let data = try JSONEncoder().encode(loss)
    #expect(try JSONDecoder().decode(Loss.self, from: data) == loss)
  }

  @Test func lossesComeBackFromAFile() throws {
    let scale = ContrastiveTemperature(0.2, base: nil)
    try expectRoundTrip(scale)
    try expectRoundTrip(InfoNCELoss(temperature: 0.3, floor: .normalize))
    try expectRoundTrip(NTXentLoss(temperature: 0.3, floor: .length(0.1)))
    try expectRoundTrip(SupervisedContrastiveLoss(scale, form: .inside, floor: .normalize))
    try expectRoundTrip(DecoupledContrastiveLoss(temperature: 0.3, weighting: .vonMisesFisher(sigma: 0.2)))
    try expectRoundTrip(HardNegativeContrastiveLoss(temperature: 0.3, concentration: 2, positivePrior: 0.2))
    try expectRoundTrip(PairwiseNTXentLoss(temperature: 0.3, floor: .normalize))
    try expectRoundTrip(GradientCache(partSize: 3))
    try expectRoundTrip(ExcludedReference.index(offset: 3))
    try expectRoundTrip(
      IntraImageContrastiveLoss(scale, sampling: .grid(stride: 3), scope: .batch, floor: .normalize))
    try expectRoundTrip(InterImageContrastiveLoss(scale, averaging: .init(divisor: .region)))
  }

  /// .1 / .07 as 32-bit numbers divide, and as 64-bit numbers do.
  @Test func theFactorIsThatOfTheRowsType() {
    let rows = Tensor<Double>([1, 0, 0, 1, 1, 1, 0, 2], shape: [4, 2])
    let labels = Tensor<Int32>([0, 0, 1, 1])
    let (with, without) = (
      SupervisedContrastiveLoss(), SupervisedContrastiveLoss(.init(0.1, base: nil))
    )
    let double = with(.init(rows), labels: labels).item / without(.init(rows), labels: labels).item
    #expect(abs(double - 0.1 / 0.07) < 1e-14)
    let floats = Tensor<Float>(converting: rows)
    let float = with(.init(floats), labels: labels).item / without(.init(floats), labels: labels).item
    #expect(abs(float - Float(0.1) / Float(0.07)) < 1e-6)
  }
}
