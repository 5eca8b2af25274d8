public import Autograd
public import Tensor

/// The expanding half of a U-Net.
///
/// Stage 0 is the deepest. Each stage: 2x2 transposed convolution with bias, the skip connection beside it in the
/// channels (upsampled first), then two (3x3 convolution, batch norm, leaky ReLU). The two inputs of the first
/// convolution are never joined in memory.
public final class UNetDecoderND<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Module {
  /// The stages, deepest first.
  public let stages: [Stage]

  /// A decoder with weights and biases drawn by `initializer`: Kaiming normal (slope .01) and zeros unless given.
  public init(
    _ configuration: UNetConfiguration = .init(), initializer: ParameterInitializer = .kaimingNormal(),
    using generator: inout some RandomNumberGenerator
  ) {
    var stages: [Stage] = []
    for level in stride(from: configuration.stageCount - 1, through: 0, by: -1) {
      stages.append(
        Stage(
          deepChannels: configuration.widths[level + 1], channels: configuration.widths[level],
          negativeSlope: Scalar(configuration.negativeSlope), initializer: initializer, using: &generator))
    }
    self.stages = stages
  }

  public var members: [ModuleMember<Scalar>] {
    stages.enumerated().map { .module("stages.\($0.offset)", $0.element) }
  }

  /// From the features of an encoder, finest first, to features of the image's size.
  public func callAsFunction(_ levels: [Variable<Scalar>]) -> Variable<Scalar> {
    shapePrecondition(
      levels.count == stages.count + 1,
      "\(levels.count) levels do not fit a decoder of \(stages.count) stages")
    var features = levels[stages.count]
    for (stage, skip) in zip(stages, levels.dropLast().reversed()) { features = stage(features, skip: skip) }
    return features
  }

  /// One stage of the decoder.
  public final class Stage: Module {
    /// The transposed convolution that doubles the size.
    public let up: TransposedConvolutionND<Scalar, Rank>
    /// The two convolutions on the upsampled features beside the skip connection.
    public let block: UNetStage<Scalar, Rank>

    init(
      deepChannels: Int, channels: Int, negativeSlope: Scalar, initializer: ParameterInitializer,
      using generator: inout some RandomNumberGenerator
    ) {
      up = TransposedConvolutionND(
        inputChannels: deepChannels, outputChannels: channels, initializer: initializer, using: &generator)
      block = UNetStage(
        inputChannels: 2 * channels, outputChannels: channels, negativeSlope: negativeSlope,
        initializer: initializer, using: &generator)
    }

    public var members: [ModuleMember<Scalar>] { [.module("up", up)] + block.members }

    func callAsFunction(_ features: Variable<Scalar>, skip: Variable<Scalar>) -> Variable<Scalar> {
      block(up(features), joinedWith: skip)
    }
  }
}
