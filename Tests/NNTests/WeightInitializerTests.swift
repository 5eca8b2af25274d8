import NN
import Tensor
import TestSupport
import Testing

@Suite struct WeightInitializerTests {
  private func moments(_ weights: Tensor<Double>) -> (mean: Double, variance: Double, largest: Double) {
    (weights.mean().item, weights.variance().item, weights.scalars.map(\.magnitude).max() ?? 0)
  }

  /// Weights 3 x 3 x 32 x 64: fan-in 288, fan-out 576.
  static let variances: [(WeightInitializer, Double)] = [
    (.kaimingNormal(), 2 / (1.0001 * 288)), (.kaimingNormal(negativeSlope: 0), 2 / 288),
    (.kaimingUniform(negativeSlope: 0), 2 / 288), (.xavierNormal, 2 / 864), (.xavierUniform, 2 / 864),
  ]

  @Test(arguments: variances)
  func theVarianceIsThatOfTheFormula(_ initializer: WeightInitializer, _ variance: Double) {
    var generator = SplitMix64(seed: 9)
    let found = moments(initializer.weights([3, 3, 32, 64], layout: .convolution, using: &generator))
    // 18,432 weights: the variance of a normal sample scatters by 1 %, the mean by 1 / 136 deviations.
    #expect(abs(found.variance / variance - 1) < 0.05)
    #expect(abs(found.mean) < 5 * variance.squareRoot() / 136)
    switch initializer {
    case .kaimingUniform, .xavierUniform: #expect(found.largest <= (3 * variance).squareRoot())
    default: #expect(found.largest > (3 * variance).squareRoot())
    }
  }

  @Test func aTransposedConvolutionCountsItsOutputs() {
    // PyTorch's fan-in of a weight [in, out, k, k] is out k k = 64 * 4.
    var generator = SplitMix64(seed: 9)
    let weights: Tensor<Double> = WeightInitializer.kaimingNormal(negativeSlope: 0).weights(
      [2, 2, 128, 64], layout: .transposedConvolution, using: &generator)
    #expect(abs(moments(weights).variance / (2 / 256.0) - 1) < 0.05)
  }

  @Test func aLinearLayerHasItsInputsAsFanIn() {
    var generator = SplitMix64(seed: 9)
    let weights: Tensor<Double> = WeightInitializer.kaimingNormal(negativeSlope: 0).weights(
      [300, 100], layout: .linear, using: &generator)
    #expect(abs(moments(weights).variance / (2 / 300.0) - 1) < 0.05)
  }

  @Test func constants() {
    var generator = SplitMix64(seed: 9)
    let weights: Tensor<Float> = WeightInitializer.constant(0.5).weights(
      [2, 3], layout: .linear, using: &generator)
    #expect(weights == Tensor(repeating: 0.5, shape: [2, 3]))
  }
}
