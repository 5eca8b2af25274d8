public import Autograd
public import Tensor

/// Maps a feature map to the vector that image-level contrastive losses compare: global average pooling, linear, ReLU,
/// linear. With 512 features throughout it has 525,312 parameters, named `fc1` and `fc2`.
///
/// Source: the released code of arXiv 2504.14737; Chen et al., ICML 2020 (SimCLR).
public final class ProjectionHead<Scalar: TensorFloatingPointScalar>: Layer {
  /// The first linear layer.
  public let fc1: Linear<Scalar>
  /// The second linear layer.
  public let fc2: Linear<Scalar>

  /// - Parameters:
  ///   - inputFeatures: Channels of the feature map: 512.
  ///   - hiddenFeatures: Width between the linear layers; `inputFeatures` unless given.
  ///   - outputFeatures: Length of the vector; `inputFeatures` unless given.
  ///   - bias: Whether the linear layers have biases: they do.
  ///   - initializer: How weights and biases are drawn: PyTorch's default, as the released code pre-trains.
  ///   - generator: The source of randomness.
  public init(
    inputFeatures: Int = 512, hiddenFeatures: Int? = nil, outputFeatures: Int? = nil,
    bias: BiasPolicy = .learned,
    initializer: ParameterInitializer = .pyTorchDefault, using generator: inout some RandomNumberGenerator
  ) {
    let hidden = hiddenFeatures ?? inputFeatures
    fc1 = Linear(
      inputFeatures: inputFeatures, outputFeatures: hidden, bias: bias, initializer: initializer,
      using: &generator)
    fc2 = Linear(
      inputFeatures: hidden, outputFeatures: outputFeatures ?? inputFeatures, bias: bias,
      initializer: initializer, using: &generator)
  }

  public var members: [ModuleMember<Scalar>] { [.module("fc1", fc1), .module("fc2", fc2)] }

  /// `[N, spatial..., C]` to `[N, outputFeatures]`.
  public func callAsFunction(_ features: Variable<Scalar>) -> Variable<Scalar> {
    fc2(fc1(features.globalAveragePool()).relu())
  }
}
