public import Autograd
public import NN
public import Tensor

/// Judges images patch by patch: each place of its map says how real the image is there, 1 for real, 0 for restored.
///
/// Convolutions of 3 with biases and padding 1: to 64, 128 and 256 channels with stride 2, to 512 with stride 1, each with
/// leaky ReLU .2, from the second on with instance norm before it, and a last one to a single channel; a map of 28 x 28 for
/// images of 224. Weights are drawn from N(0, .02), as DiRA's are. Scales and shifts of the norms are frozen at 1 and 0: that
/// code's have none.
///
/// Source: Haghighi et al., CVPR 2022, its released code; Isola et al., CVPR 2017 (patches).
public final class PatchDiscriminatorND<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Layer {
  /// The convolutions, first to last.
  public let convolutions: [ConvolutionND<Scalar, Rank>]
  /// Instance norm and leaky ReLU behind all but the first and the last of them.
  public let norms: [InstanceNorm<Scalar>]

  /// A discriminator of images of so many channels.
  ///
  /// - Parameters:
  ///   - inputChannels: Channels of an image.
  ///   - widths: Channels behind each convolution but the last: 64, 128, 256, 512.
  ///   - generator: The source of randomness.
  /// - Precondition: at least two widths, all positive.
  public init(
    inputChannels: Int, widths: [Int] = [64, 128, 256, 512], using generator: inout some RandomNumberGenerator
  ) {
    shapePrecondition(
      widths.count >= 2 && widths.allSatisfy { $0 >= 1 },
      "a discriminator needs two or more positive widths: \(widths)")
    let channels = [inputChannels] + widths + [1]
    let kernel = [Int](repeating: 3, count: Rank.axes)
    convolutions = (0...widths.count).map { index in
      ConvolutionND(
        weight: Tensor(
          normalWithMean: 0, standardDeviation: 0.02,
          shape: TensorShape(kernel + [channels[index], channels[index + 1]]), using: &generator),
        bias: Tensor(zeros: [channels[index + 1]]), stride: index < widths.count - 1 ? 2 : 1, padding: 1)
    }
    norms = widths.dropFirst().map { InstanceNorm(channels: $0, negativeSlope: 0.2) }
    for norm in norms { norm.freeze() }
  }

  public var members: [ModuleMember<Scalar>] {
    convolutions.enumerated().map { .module("conv\($0.offset + 1)", $0.element) }
      + norms.enumerated().map { .module("norm\($0.offset + 2)", $0.element) }
  }

  /// `[N, spatial..., C]` to `[N, spatial / 8..., 1]` with the default widths.
  public func callAsFunction(_ images: Variable<Scalar>) -> Variable<Scalar> {
    var features = convolutions[0](images).leakyReLU(negativeSlope: 0.2)
    for (convolution, norm) in zip(convolutions.dropFirst(), norms) { features = norm(convolution(features)) }
    return convolutions[convolutions.count - 1](features)
  }
}

/// A discriminator of images `[N, H, W, C]`; see ``PatchDiscriminatorND``.
public typealias PatchDiscriminator<Scalar: TensorFloatingPointScalar> = PatchDiscriminatorND<Scalar, Planar>
/// A discriminator of volumes `[N, D, H, W, C]`; see ``PatchDiscriminatorND``.
public typealias PatchDiscriminator3D<Scalar: TensorFloatingPointScalar> = PatchDiscriminatorND<
  Scalar, Volumetric
>
