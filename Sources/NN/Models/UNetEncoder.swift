public import Autograd
public import Tensor

/// The contracting half of a 2-D U-Net; see ``UNetEncoderND``.
public typealias UNetEncoder<Scalar: TensorFloatingPointScalar> = UNetEncoderND<Scalar, Planar>
/// The contracting half of a 3-D U-Net; see ``UNetEncoderND``.
public typealias UNetEncoder3D<Scalar: TensorFloatingPointScalar> = UNetEncoderND<Scalar, Volumetric>

/// The contracting half of a U-Net: what SuperCL pre-trains.
///
/// Four stages of two (3x3 convolution with bias, batch norm, leaky ReLU .01), each followed by 2x2 max pooling (or by
/// ``UNetConfiguration/poolings``); then a center of two (3x3 convolution, ReLU) without norm. With the default widths 32...512 and one input channel it
/// has 4,713,568 parameters, named `stages.{0...3}.conv{1,2}`, `stages.{0...3}.norm{1,2}` and `center.conv{1,2}`.
///
/// Source: the released code of arXiv 2504.14737; Ronneberger, Fischer and Brox, MICCAI 2015.
public final class UNetEncoderND<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Module {
  /// The sizes that the encoder was made with.
  public let configuration: UNetConfiguration
  /// The stages, finest first.
  public let stages: [UNetStage<Scalar, Rank>]
  /// The deepest part, at 1/16 of the image's size.
  public let center: UNetCenter<Scalar, Rank>
  private let pools: [MaxPoolND<Scalar, Rank>]
  private let sizeMultiple: [Int]

  /// An encoder with weights and biases drawn by `initializer`: Kaiming normal (slope .01) and zeros unless given.
  public init(
    _ configuration: UNetConfiguration = .init(), initializer: ParameterInitializer = .kaimingNormal(),
    using generator: inout some RandomNumberGenerator
  ) {
    self.configuration = configuration
    pools = configuration.poolings(axes: Rank.axes).map { MaxPoolND(window: PoolingWindow($0)) }
    sizeMultiple = configuration.strides(axes: Rank.axes)[configuration.stageCount]
    let inputs = [configuration.inputChannels] + configuration.widths
    var stages: [UNetStage<Scalar, Rank>] = []
    for level in 0..<configuration.stageCount {
      stages.append(
        UNetStage(
          inputChannels: inputs[level], outputChannels: inputs[level + 1],
          negativeSlope: Scalar(configuration.negativeSlope), initializer: initializer, using: &generator))
    }
    self.stages = stages
    center = UNetCenter(
      inputChannels: inputs[configuration.stageCount], outputChannels: inputs[configuration.stageCount + 1],
      initializer: initializer, using: &generator)
  }

  public var members: [ModuleMember<Scalar>] {
    stages.enumerated().map { .module("stages.\($0.offset)", $0.element) } + [.module("center", center)]
  }

  /// The features of every level, finest first, the center last: `[N, H / 2^l, W / 2^l, widths[l]]`, or by the strides of
  /// the poolings.
  ///
  /// - Parameter image: `[N, H, W, C]`, or `[N, D, H, W, C]` in 3-D.
  /// - Precondition: every side is a multiple of the center's stride (16).
  public func callAsFunction(_ image: Variable<Scalar>) -> [Variable<Scalar>] {
    let shape = image.shape
    shapePrecondition(
      shape.rank == Rank.axes + 2 && shape[-1] == configuration.inputChannels
        && zip(shape.dimensions[1...], sizeMultiple).allSatisfy { $0 % $1 == 0 },
      "the encoder takes [N, spatial..., \(configuration.inputChannels)] with sides that are multiples of "
        + "\(sizeMultiple), not \(shape)")
    var levels: [Variable<Scalar>] = []
    var features = image
    for (stage, pool) in zip(stages, pools) {
      let level = stage(features)
      levels.append(level)
      features = pool(level)
    }
    return levels + [center(features)]
  }
}

/// Two convolutions of a U-Net, each with batch norm and leaky ReLU.
public final class UNetStage<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Module {
  /// The first convolution.
  public let conv1: ConvolutionND<Scalar, Rank>
  /// Batch norm and leaky ReLU behind it.
  public let norm1: BatchNorm<Scalar>
  /// The second convolution.
  public let conv2: ConvolutionND<Scalar, Rank>
  /// Batch norm and leaky ReLU behind it.
  public let norm2: BatchNorm<Scalar>

  init(
    inputChannels: Int, outputChannels: Int, negativeSlope: Scalar, initializer: ParameterInitializer,
    using generator: inout some RandomNumberGenerator
  ) {
    conv1 = ConvolutionND(
      inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: 3, padding: 1,
      initializer: initializer, using: &generator)
    norm1 = BatchNorm(channels: outputChannels, negativeSlope: negativeSlope)
    conv2 = ConvolutionND(
      inputChannels: outputChannels, outputChannels: outputChannels, kernelSize: 3, padding: 1,
      initializer: initializer, using: &generator)
    norm2 = BatchNorm(channels: outputChannels, negativeSlope: negativeSlope)
  }

  public var members: [ModuleMember<Scalar>] {
    [.module("conv1", conv1), .module("norm1", norm1), .module("conv2", conv2), .module("norm2", norm2)]
  }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    norm2(conv2(norm1(conv1(input))))
  }

  /// The stage on two inputs side by side in the channels.
  func callAsFunction(_ first: Variable<Scalar>, joinedWith second: Variable<Scalar>) -> Variable<Scalar> {
    norm2(conv2(norm1(conv1(first, joinedWith: second))))
  }
}

/// The deepest part of a U-Net: two convolutions with ReLU, without norm.
public final class UNetCenter<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Layer {
  /// The first convolution.
  public let conv1: ConvolutionND<Scalar, Rank>
  /// The second convolution.
  public let conv2: ConvolutionND<Scalar, Rank>

  init(
    inputChannels: Int, outputChannels: Int, initializer: ParameterInitializer,
    using generator: inout some RandomNumberGenerator
  ) {
    conv1 = ConvolutionND(
      inputChannels: inputChannels, outputChannels: outputChannels, kernelSize: 3, padding: 1,
      initializer: initializer, using: &generator)
    conv2 = ConvolutionND(
      inputChannels: outputChannels, outputChannels: outputChannels, kernelSize: 3, padding: 1,
      initializer: initializer, using: &generator)
  }

  public var members: [ModuleMember<Scalar>] { [.module("conv1", conv1), .module("conv2", conv2)] }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    conv2(conv1(input).relu()).relu()
  }
}

extension UNetEncoderND: FeatureEncoder {
  /// Level l has the stride `2^l` along every axis, or that of the poolings.
  public var encoderDescription: EncoderDescription { configuration.encoderDescription(axes: Rank.axes) }
}

extension UNetConfiguration {
  /// What an encoder of these sizes takes and gives, for images of 2 or volumes of 3 axes.
  public func encoderDescription(axes: Int = 2) -> EncoderDescription {
    EncoderDescription(
      inputChannels: inputChannels,
      levels: zip(widths, strides(axes: axes)).map { .init(channels: $0, stride: $1) })
  }
}
