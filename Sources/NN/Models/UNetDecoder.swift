public import Autograd
public import Tensor

/// The expanding half of a U-Net.
///
/// Stage 0 is the deepest. Each stage: 2x2 transposed convolution with bias, the skip connection beside it in the
/// channels (upsampled first), then two (3x3 convolution, batch norm, leaky ReLU). The two inputs of the first
/// convolution are never joined in memory.
///
/// A decoder of the deepest stages alone, for pre-training some of them, gives features of `1 / 2^k` of the image's size for k
/// stages left out. Its stages have the names that they have in a whole one, which loads them: `load(from:policy: .matching)`.
public final class UNetDecoderND<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Module {
  /// The stages, deepest first.
  public let stages: [Stage]

  private let levelCount: Int

  /// A decoder with weights and biases drawn by `initializer`: Kaiming normal (slope .01) and zeros unless given.
  ///
  /// - Parameters:
  ///   - configuration: The sizes of the network.
  ///   - stageCount: The deepest so many stages; all of them unless given.
  ///   - initializer: How weights and biases are drawn.
  ///   - generator: The source of randomness.
  /// - Precondition: at least one stage, and no more than the configuration has.
  public init(
    _ configuration: UNetConfiguration = .init(), stageCount: Int? = nil,
    initializer: ParameterInitializer = .kaimingNormal(),
    using generator: inout some RandomNumberGenerator
  ) {
    let count = stageCount ?? configuration.stageCount
    shapePrecondition(
      (1...configuration.stageCount).contains(count),
      "\(count) stages are not some of the \(configuration.stageCount) of a decoder")
    levelCount = configuration.stageCount + 1
    let poolings = configuration.poolings(axes: Rank.axes)
    var stages: [Stage] = []
    for level in (configuration.stageCount - count..<configuration.stageCount).reversed() {
      stages.append(
        Stage(
          deepChannels: configuration.widths[level + 1], channels: configuration.widths[level],
          growth: poolings[level], negativeSlope: Scalar(configuration.negativeSlope),
          initializer: initializer, using: &generator))
    }
    self.stages = stages
  }

  public var members: [ModuleMember<Scalar>] {
    stages.enumerated().map { .module("stages.\($0.offset)", $0.element) }
  }

  /// From the features of an encoder, finest first, to features of the size of the level that the last stage ends at: the
  /// image's for a whole decoder.
  public func callAsFunction(_ levels: [Variable<Scalar>]) -> Variable<Scalar> {
    let maps = maps(of: levels)
    return maps[maps.count - 1]
  }

  /// The features behind every stage, deepest first: those of stage i have the size of level `levels.count - 2 - i`.
  public func maps(of levels: [Variable<Scalar>]) -> [Variable<Scalar>] {
    shapePrecondition(
      levels.count == levelCount,
      "\(levels.count) levels do not fit a decoder of \(levelCount - 1) stages")
    var features = levels[levelCount - 1]
    return zip(stages, levels.dropLast().reversed()).map { stage, skip in
      features = stage(features, skip: skip)
      return features
    }
  }

  /// One stage of the decoder.
  public final class Stage: Module {
    /// The transposed convolution that doubles the size, or undoes the pooling of another size.
    public let up: TransposedConvolutionND<Scalar, Rank>
    /// The two convolutions on the upsampled features beside the skip connection.
    public let block: UNetStage<Scalar, Rank>

    init(
      deepChannels: Int, channels: Int, growth: [Int], negativeSlope: Scalar,
      initializer: ParameterInitializer,
      using generator: inout some RandomNumberGenerator
    ) {
      up = TransposedConvolutionND(
        inputChannels: deepChannels, outputChannels: channels, kernel: growth,
        stride: KernelSteps(perAxis: growth), initializer: initializer, using: &generator)
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
