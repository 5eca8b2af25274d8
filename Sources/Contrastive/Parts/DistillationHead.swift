public import Autograd
public import NN
public import Tensor

/// Maps a feature map to outputs that a softmax compares, as DINO and DeSD do: a perceptron, its rows brought to length 1, and
/// their cosines with K learned directions.
///
/// The last layer is PyTorch's weight norm with a gain fixed to 1: its parameter `last.weight` `[K, d]` is any vectors,
/// of which the directions alone count. Outputs are in -1...1.
///
/// Source: Caron et al., ICCV 2021 (DINO), appendix C; the released code of DeSD.
public final class DistillationHead<Scalar: TensorFloatingPointScalar>: Layer {
  /// The layers in front of the last.
  public let perceptron: PerceptronHead<Scalar>
  /// The directions.
  public let last: UnitRowLinear<Scalar>

  /// A head; weights of the perceptron are normal with a deviation of .02, biases 0, as in the released codes.
  public init(
    inputFeatures: Int, _ plan: PerceptronPlan, outputs: Int,
    using generator: inout some RandomNumberGenerator
  ) {
    perceptron = PerceptronHead(
      inputFeatures: inputFeatures, plan, initializer: .normal(standardDeviation: 0.02), using: &generator)
    last = UnitRowLinear(
      inputFeatures: plan.widths.last ?? inputFeatures, outputFeatures: outputs, using: &generator)
  }

  public var members: [ModuleMember<Scalar>] { [.module("perceptron", perceptron), .module("last", last)] }

  /// `[N, spatial..., C]` to `[N, K]`.
  public func callAsFunction(_ features: Variable<Scalar>) -> Variable<Scalar> {
    last(perceptron(features).unitRows())
  }
}

/// `y = x u^T` on rows `[N, d]`, with the rows `[K, d]` of its weight divided by their lengths.
///
/// Source: Salimans and Kingma, NeurIPS 2016 (weight normalisation), with every gain 1.
public final class UnitRowLinear<Scalar: TensorFloatingPointScalar>: Layer {
  /// The vectors `[K, d]`; their lengths do not matter.
  public let weight: Parameter<Scalar>

  /// A layer whose vectors begin as PyTorch's linear layers do.
  public init(inputFeatures: Int, outputFeatures: Int, using generator: inout some RandomNumberGenerator) {
    let drawn: Tensor<Scalar> = ParameterInitializer.pyTorchDefault.weights(
      [inputFeatures, outputFeatures], layout: .linear, using: &generator)
    weight = Parameter(drawn.permuted([1, 0]))
  }

  public var members: [ModuleMember<Scalar>] { [.parameter("weight", weight)] }

  /// `[N, d]` to `[N, K]`.
  public func callAsFunction(_ rows: Variable<Scalar>) -> Variable<Scalar> {
    rows.matmul(weight.variable.unitRows(), transposing: .right)
  }

  /// Drops the gradient, so that the next update leaves the directions as they are: no step, no decay, no momentum.
  public func hold() { weight.gradient = nil }
}
