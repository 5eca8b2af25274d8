import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct ParameterInitializerTests {
  private func moments(_ weights: Tensor<Double>) -> (mean: Double, variance: Double, largest: Double) {
    (weights.mean().item, weights.variance().item, weights.scalars.map(\.magnitude).max() ?? 0)
  }

  /// Weights 3 x 3 x 32 x 64: fan-in 288, fan-out 576.
  static let variances: [(ParameterInitializer, Double)] = [
    (.kaimingNormal(), 2 / (1.0001 * 288)), (.kaimingNormal(negativeSlope: 0), 2 / 288),
    (.kaimingUniform(negativeSlope: 0), 2 / 288), (.pyTorchDefault, 1 / (3 * 288)), (.xavierNormal, 2 / 864),
    (.xavierUniform, 2 / 864), (.normal(standardDeviation: 0.02), 0.0004),
  ]

  @Test(arguments: variances)
  func theVarianceIsThatOfTheFormula(_ initializer: ParameterInitializer, _ variance: Double) {
    var generator = SplitMix64(seed: 9)
    let found = moments(initializer.weights([3, 3, 32, 64], layout: .convolution, using: &generator))
    // 18,432 weights: the variance of a normal sample scatters by 1 %, the mean by 1 / 136 deviations.
    #expect(abs(found.variance / variance - 1) < 0.05)
    #expect(abs(found.mean) < 5 * variance.squareRoot() / 136)
    switch initializer {
    case .kaimingUniform, .xavierUniform, .pyTorchDefault:
      #expect(found.largest <= (3 * variance).squareRoot())
    default: #expect(found.largest > (3 * variance).squareRoot())
    }
  }

  @Test func aTransposedConvolutionCountsItsOutputs() {
    // PyTorch's fan-in of a weight [in, out, k, k] is out k k = 64 * 4.
    var generator = SplitMix64(seed: 9)
    let weights: Tensor<Double> = ParameterInitializer.kaimingNormal(negativeSlope: 0).weights(
      [2, 2, 128, 64], layout: .transposedConvolution, using: &generator)
    #expect(abs(moments(weights).variance / (2 / 256.0) - 1) < 0.05)
  }

  @Test func aLinearLayerHasItsInputsAsFanIn() {
    var generator = SplitMix64(seed: 9)
    let weights: Tensor<Double> = ParameterInitializer.kaimingNormal(negativeSlope: 0).weights(
      [300, 100], layout: .linear, using: &generator)
    #expect(abs(moments(weights).variance / (2 / 300.0) - 1) < 0.05)
  }

  @Test func constants() {
    var generator = SplitMix64(seed: 9)
    let weights: Tensor<Float> = ParameterInitializer.constant(0.5).weights(
      [2, 3], layout: .linear, using: &generator)
    #expect(weights == Tensor(repeating: 0.5, shape: [2, 3]))
  }

  /// PyTorch's `reset_parameters`: weights and biases U(+-1 / sqrt(fan-in)), with the fan-in that it counts.
  private func expectPyTorchDefault(
    _ weight: Parameter<Double>, _ bias: Parameter<Double>?, fanIn: Double, _ name: String
  ) {
    let bound = 1 / fanIn.squareRoot()
    for (values, kind) in [(weight.value, "weight"), (bias?.value, "bias")] {
      guard let values else { continue }
      let found = moments(values)
      let scatter = 4 / Double(values.elementCount).squareRoot()
      #expect(found.largest <= bound && found.largest > (1 - 3 * scatter) * bound, "\(name).\(kind)")
      #expect(abs(found.variance / (bound * bound / 3) - 1) < scatter, "\(name).\(kind)")
      #expect(abs(found.mean) < scatter * bound, "\(name).\(kind)")
    }
  }

  @Test func everyKindOfLayerBeginsAsInPyTorch() {
    var generator = SplitMix64(seed: 5)
    let conv = Conv2D<Double>(
      inputChannels: 3, outputChannels: 400, kernelSize: 3, initializer: .pyTorchDefault, using: &generator)
    expectPyTorchDefault(conv.weight, conv.bias, fanIn: 27, "conv2D")
    let conv3D = Conv3D<Double>(
      inputChannels: 2, outputChannels: 400, kernelSize: 3, initializer: .pyTorchDefault, using: &generator)
    expectPyTorchDefault(conv3D.weight, conv3D.bias, fanIn: 54, "conv3D")
    // The weight [in, out, 2, 2] of a transposed convolution counts out * 4.
    let up = ConvTranspose2D<Double>(
      inputChannels: 8, outputChannels: 400, initializer: .pyTorchDefault, using: &generator)
    expectPyTorchDefault(up.weight, up.bias, fanIn: 1600, "convTranspose2D")
    let linear = Linear<Double>(
      inputFeatures: 30, outputFeatures: 400, initializer: .pyTorchDefault, using: &generator)
    expectPyTorchDefault(linear.weight, linear.bias, fanIn: 30, "linear")
    #expect(
      Linear<Double>(
        inputFeatures: 3, outputFeatures: 2, bias: .none, initializer: .pyTorchDefault, using: &generator
      ).bias == nil)
  }

  @Test func everyLayerOfANetworkTakesTheInitializer() {
    var generator = SplitMix64(seed: 6)
    let network = UNet<Double>(
      UNetConfiguration(width: 8), classCount: 3, initializer: .pyTorchDefault, using: &generator)
    let parameters = Dictionary(uniqueKeysWithValues: network.namedParameters.map { ($0.name, $0.parameter) })
    var count = 0
    for (name, weight) in parameters where weight.shape.rank == 4 {
      let transposes = name.hasSuffix("up.weight")
      let fanIn = weight.shape[0] * weight.shape[1] * weight.shape[transposes ? 3 : 2]
      expectPyTorchDefault(
        weight, parameters[name.replacing(".weight", with: ".bias")], fanIn: Double(fanIn), name)
      count += 1
    }
    // 5 x 2 in the encoder, 4 x 3 in the decoder, the head.
    #expect(count == 23)
  }

  @Test func aUNetBeginsAsTheReleasedCodeFineTunes() {
    var generator = SplitMix64(seed: 7)
    let network = UNet<Double>(UNetConfiguration(width: 8), classCount: 3, using: &generator)
    for (name, parameter) in network.namedParameters where name.hasSuffix("bias") {
      #expect(parameter.value.magnitude.max().item == 0, "\(name)")
    }
    let weight = network.encoder.center.conv2.weight.value
    #expect(abs(moments(weight).variance / (2 / (1.0001 * 9 * 128)) - 1) < 0.02)
  }

  @Test func initializersSurviveJSON() throws {
    for initializer in [ParameterInitializer.pyTorchDefault, .kaimingNormal(), .constant(0.5)] {
      let data = try JSONEncoder().encode(initializer)
      #expect(try JSONDecoder().decode(ParameterInitializer.self, from: data) == initializer)
    }
  }
}
