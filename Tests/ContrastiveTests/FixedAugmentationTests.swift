import Contrastive
import Tensor
import TestSupport
import Testing

/// T_fix.
@Suite struct FixedAugmentationTests {
  private func image(seed: UInt64 = 1, channels: Int = 1) -> Tensor<Float> {
    Tensor(converting: testRows([12, 10, channels], seed: seed) * 300)
  }

  @Test func theResultRunsFromZeroToOne() {
    var generator = SplitMix64(seed: 1)
    for seed in 0..<10 {
      let view = FixedAugmentation()(image(seed: UInt64(seed)), using: &generator)
      #expect(view.shape == [12, 10, 1])
      #expect(view.min().item == 0)
      #expect(abs(view.max().item - 1) <= 1e-6)
    }
  }

  @Test func withoutChangesOnlyTheQuantisationIsLeft() {
    // Min-max to whole numbers in 0...255, then to [0, 1].
    var generator = SplitMix64(seed: 1)
    let augmentation = FixedAugmentation(brightness: nil, contrast: nil, blur: nil)
    let view = augmentation(Tensor<Float>([0, 10, 25.4, 51], shape: [2, 2, 1]), using: &generator)
    #expect(
      view.isClose(to: Tensor([0, 50.0 / 255, 127.0 / 255, 1], shape: [2, 2, 1]), absoluteTolerance: 1e-6))
  }

  @Test func brightnessIsAFactor() {
    var generator = SplitMix64(seed: 1)
    let augmentation = FixedAugmentation(
      brightness: 0.5...0.5, contrast: nil, blur: nil, scaling: .unchanged)
    let source = image()
    #expect(augmentation(source, using: &generator) == source * 0.5)
  }

  @Test func contrastLeavesTheMean() {
    var generator = SplitMix64(seed: 1)
    let augmentation = FixedAugmentation(
      brightness: nil, contrast: 1.2...1.2, blur: nil, scaling: .unchanged)
    let view = augmentation(Tensor<Float>([1, 3, 5, 7], shape: [2, 2, 1]), using: &generator)
    // Mean 4: 4 + 1.2 (x - 4).
    #expect(view.isClose(to: Tensor([0.4, 2.8, 5.2, 7.6], shape: [2, 2, 1]), absoluteTolerance: 1e-5))
  }

  @Test func theBlurIsThreePixelsWide() {
    // A point becomes the outer product of (w, 1, w) / (1 + 2 w), w = exp(-1 / 2 sigma^2), sigma 1.
    var generator = SplitMix64(seed: 1)
    let augmentation = FixedAugmentation(brightness: nil, contrast: nil, blur: 1...1, scaling: .unchanged)
    var point = Tensor<Double>(zeros: [5, 5, 1])
    point[2, 2, 0] = 1
    let view = augmentation(point, using: &generator)
    let side = 0.6065306597126334 / (1 + 2 * 0.6065306597126334)
    let row = [0, side, 1 - 2 * side, side, 0]
    let expected = Tensor(row.flatMap { r in row.map { r * $0 } }, shape: [5, 5, 1])
    #expect(view.isClose(to: expected, absoluteTolerance: 1e-12))
  }

  @Test func aConstantImageStaysFinite() {
    var generator = SplitMix64(seed: 1)
    let view = FixedAugmentation()(Tensor<Float>(repeating: 7, shape: [4, 4, 1]), using: &generator)
    #expect(view == Tensor(zeros: [4, 4, 1]))
  }

  @Test func oneSeedGivesOneView() {
    func view(_ seed: UInt64) -> Tensor<Float> {
      var generator = SplitMix64(seed: seed)
      return FixedAugmentation()(image(), using: &generator)
    }
    #expect(view(1) == view(1))
    #expect(view(1) != view(2))
  }

  @Test func bratsKeepsTheScale() {
    var generator = SplitMix64(seed: 1)
    let source = image(channels: 4)
    let ratio = (FixedAugmentation.brats(source, using: &generator) / source).scalars
    #expect(ratio.allSatisfy { abs($0 - ratio[0]) < 1e-5 && $0 > 0.79 && $0 < 1.21 })
  }
}
