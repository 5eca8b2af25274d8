public import Autograd
public import NN
public import Tensor

/// Maps a feature map to an embedding: global average pooling, linear, batch norm, ReLU, linear, both with biases.
///
/// SwAV's projector: 2048 hidden features, 128 out. Its parameters are named `fc1`, `norm1` and `fc2`. Where all features
/// fall together, the norm can hide it: then use `ProjectionHead`, which has none.
///
/// Source: Caron et al., NeurIPS 2020, and its released code.
public final class BatchNormProjectionHead<Scalar: TensorFloatingPointScalar>: Layer {
  /// The first linear layer.
  public let fc1: Linear<Scalar>
  /// Batch norm and ReLU behind it.
  public let norm1: BatchNorm<Scalar>
  /// The second linear layer.
  public let fc2: Linear<Scalar>

  /// A head with Kaiming normal weights and zero biases.
  public init(
    inputFeatures: Int, hiddenFeatures: Int, outputFeatures: Int,
    using generator: inout some RandomNumberGenerator
  ) {
    fc1 = Linear(inputFeatures: inputFeatures, outputFeatures: hiddenFeatures, using: &generator)
    norm1 = BatchNorm(channels: hiddenFeatures, negativeSlope: 0)
    fc2 = Linear(inputFeatures: hiddenFeatures, outputFeatures: outputFeatures, using: &generator)
  }

  public var members: [ModuleMember<Scalar>] {
    [.module("fc1", fc1), .module("norm1", norm1), .module("fc2", fc2)]
  }

  /// `[N, spatial..., C]` to `[N, outputFeatures]`.
  public func callAsFunction(_ features: Variable<Scalar>) -> Variable<Scalar> {
    fc2(norm1(fc1(features.globalAveragePool())))
  }
}
