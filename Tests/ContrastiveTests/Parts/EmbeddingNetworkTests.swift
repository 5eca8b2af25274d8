import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

/// An encoder that gives the image itself.
private final class Levels<Scalar: TensorFloatingPointScalar>: FeatureEncoder {
  let encoderDescription = EncoderDescription(inputChannels: 2, levels: [.init(channels: 2, stride: [1, 1])])
  let members: [ModuleMember<Scalar>] = []
  func callAsFunction(_ image: Variable<Scalar>) -> [Variable<Scalar>] { [image] }
}

/// A linear layer on pooled features.
private final class Pooled<Scalar: TensorFloatingPointScalar>: Layer {
  let linear: Linear<Scalar>
  init(_ linear: Linear<Scalar>) { self.linear = linear }
  var members: [ModuleMember<Scalar>] { [.module("linear", linear)] }
  func callAsFunction(_ features: Variable<Scalar>) -> Variable<Scalar> {
    linear(features.globalAveragePool())
  }
}

@Suite struct EmbeddingNetworkTests {
  private func network() -> EmbeddingNetwork<Double> {
    var generator = SplitMix64(seed: 2)
    let encoder = UNetEncoder<Double>(UNetConfiguration(widths: [2, 4]), using: &generator)
    return EmbeddingNetwork(
      encoder: encoder,
      projector: PerceptronHead<Double>(
        inputFeatures: 4, .swAV(hidden: 6, output: 3), using: &generator))
  }

  private func images(_ count: Int, side: Int = 8, seed: UInt64 = 7) -> Variable<Double> {
    Variable(testRows([count, side, side, 1], seed: seed))
  }

  @Test func embeddingsHaveLengthOne() {
    let rows = network()(images(5)).value
    #expect(rows.shape == [5, 3])
    #expect(rows.norm(along: 1).maximumAbsoluteDifference(to: Tensor(ones: [5])) <= 1e-12)
  }

  @Test func groupsAreNormalisedApart() {
    let (network, images) = (network(), images(6))
    let grouped = network.embeddings(of: images, groups: 2).value
    let parts = images.split(along: 0, count: 2).map { network($0).value }
    #expect(grouped.maximumAbsoluteDifference(to: Tensor(concatenating: parts, along: 0)) <= 1e-12)
    #expect(grouped.maximumAbsoluteDifference(to: network(images).value) > 1e-3)
  }

  /// One size: the crops are one batch. Two sizes: each passes the encoder by itself, but the projector's norm sees all.
  @Test func cropsOfOneSizePassTogetherAndTheHeadSeesAll() {
    let (network, large, other, small) = (
      network(), images(4), images(4, seed: 8), images(4, side: 4, seed: 9)
    )
    let pair = network.embeddings(of: [large, other])
    let joined = network(Variable(concatenating: [large, other], along: 0)).value
    #expect(Tensor(concatenating: pair.map(\.value), along: 0).maximumAbsoluteDifference(to: joined) <= 1e-12)

    let three = network.embeddings(of: [large, other, small])
    let pooled = [Variable(concatenating: [large, other], along: 0), small].map {
      network.encoder($0)[1].globalAveragePool()
    }
    let rows = Variable(concatenating: pooled, along: 0).reshaped([12, 1, 1, 4])
    let values = network.projector(rows).value
    let expected = values / values.norm(along: 1).expanded(at: 1)
    #expect(
      Tensor(concatenating: three.map(\.value), along: 0).maximumAbsoluteDifference(to: expected) <= 1e-12)
  }

  @Test func gradientsThroughUnitRowsAgreeWithFiniteDifferences() {
    let weight = Tensor<Double>(rows: [[1, 0.5, -2], [0.25, 1, 0]])
    let network = EmbeddingNetwork<Double>(
      encoder: Levels<Double>(), projector: Pooled(Linear(weight: weight, bias: nil)))
    let result = checkGradient(at: [testRows([5, 2, 1, 2])]) { network($0[0]) }
    #expect(result.passes, "\(result)")
  }

  /// A head of ReLUs may give a row of zeros: it stays one, and its gradient is 0, not 1e12 times what comes in.
  @Test func rowsOfZerosAndLongRowsStayFinite() throws {
    let weight = Tensor<Float>(rows: [[1, 0], [0, 1]])
    let network = EmbeddingNetwork<Float>(
      encoder: Levels<Float>(), projector: Pooled(Linear(weight: weight, bias: nil)))
    let images = leaf(Tensor<Float>([0, 0, 3, -4, 3e20, 4e20], shape: [3, 1, 1, 2]))
    let rows = network(images)
    let expected = Tensor<Float>(rows: [[0, 0], [0.6, -0.8], [0.6, 0.8]])
    #expect(rows.value.maximumAbsoluteDifference(to: expected) <= 1e-6)
    rows.selected(along: 1, at: 0).sum().backward()
    // (1 - .6^2) / 5 and .6 * .8 / 5 in the second row.
    let slopes = Tensor<Float>([0, 0, 0.128, 0.096, 0, 0], shape: [3, 1, 1, 2])
    #expect(try #require(images.gradient).maximumAbsoluteDifference(to: slopes) <= 1e-6)
  }

  /// Below a length of 1e-12 a row is multiplied by 1e12, in both directions alike: no part of its gradient is taken away.
  @Test func shortRowsAreMultiplied() throws {
    let weight = Tensor<Double>(rows: [[1, 0], [0, 1]])
    let network = EmbeddingNetwork<Double>(
      encoder: Levels<Double>(), projector: Pooled(Linear(weight: weight, bias: nil)))
    let images = leaf(Tensor<Double>([3e-13, -4e-13], shape: [1, 1, 1, 2]))
    let rows = network(images)
    #expect(rows.value.maximumAbsoluteDifference(to: Tensor(rows: [[0.3, -0.4]])) <= 1e-12)
    rows.selected(along: 1, at: 0).sum().backward()
    let slopes = try #require(images.gradient) / 1e12
    #expect(slopes.maximumAbsoluteDifference(to: Tensor([1, 0], shape: [1, 1, 1, 2])) <= 1e-12)
  }

  /// Unit R(0,8): 1.0471585821172567.
  @Test func spreadIsTheReferenceAndZeroForEqualRows() {
    #expect(abs(embeddingSpread(methodRows(0..<8, as: Double.self)) - 1.0471585821172567) <= 1e-9)
    #expect(abs(embeddingSpread(methodRows(0..<8, as: Float.self)) - 1.0471585821172567) <= 1e-4)
    #expect(embeddingSpread(Tensor<Double>(ones: [5, 3])) <= 1e-12)
    #expect(embeddingSpread(Tensor<Double>(ones: [1, 3])) == 0)
  }

  @Test func theRateRisesAndFallsOverTheTraining() {
    let recipe = OptimizerRecipe(.sgd(), rate: 0.6, finalRate: 0.0006, warmUpSteps: 10, weightDecay: 1e-6)
    for steps in [50, 100] {
      let rate = recipe.settings(steps: steps).rate
      #expect(rate.value(at: 0) == 0 && abs(rate.value(at: 5) - 0.3) <= 1e-12)
      #expect(abs(rate.value(at: 10) - 0.6) <= 1e-12)
      #expect(abs(rate.value(at: 10 + (steps - 10) / 2) - 0.3003) <= 1e-12)
      #expect(rate.value(at: steps) == 0.0006)
    }
  }
}
