public import Autograd
public import Tensor

/// A 2-D U-Net; see ``UNetND``.
public typealias UNet<Scalar: TensorFloatingPointScalar> = UNetND<Scalar, Planar>
/// A 3-D U-Net; see ``UNetND``.
public typealias UNet3D<Scalar: TensorFloatingPointScalar> = UNetND<Scalar, Volumetric>

/// A U-Net for segmentation: encoder, decoder and a 1x1 head without bias.
///
///     var generator = PhiloxGenerator(seed: 1234)
///     let network = UNet<Float>(classCount: 4, using: &generator)
///     try network.encoder.load(from: pretrained)
///     let logits = network(Variable(images))             // [N, H, W, 4]
public final class UNetND<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Layer {
  /// The contracting half.
  public let encoder: UNetEncoderND<Scalar, Rank>
  /// The expanding half.
  public let decoder: UNetDecoderND<Scalar, Rank>
  /// The 1x1 convolution to class scores, without bias.
  public let head: ConvolutionND<Scalar, Rank>
  /// Classes, the background included.
  public let classCount: Int

  /// A network with drawn weights and biases.
  ///
  /// - Parameters:
  ///   - configuration: The sizes of the network.
  ///   - classCount: Classes, the background included.
  ///   - initializer: How weights and biases are drawn: Kaiming normal (slope .01) and zeros, as the released code
  ///     fine-tunes.
  ///   - generator: The source of randomness.
  public init(
    _ configuration: UNetConfiguration = .init(), classCount: Int,
    initializer: ParameterInitializer = .kaimingNormal(), using generator: inout some RandomNumberGenerator
  ) {
    shapePrecondition(classCount >= 1, "a U-Net needs at least one class, not \(classCount)")
    self.classCount = classCount
    encoder = UNetEncoderND(configuration, initializer: initializer, using: &generator)
    decoder = UNetDecoderND(configuration, initializer: initializer, using: &generator)
    head = ConvolutionND(
      inputChannels: configuration.widths[0], outputChannels: classCount, kernelSize: 1, bias: .none,
      initializer: initializer, using: &generator)
  }

  public var members: [ModuleMember<Scalar>] {
    [.module("encoder", encoder), .module("decoder", decoder), .module("head", head)]
  }

  public var configuration: (any Encodable & Sendable)? { encoder.configuration }

  public var inputDescription: InputDescription? {
    let description = encoder.encoderDescription
    return InputDescription(channels: description.inputChannels, sizeMultiple: description.sizeMultiple)
  }

  /// Logits `[N, spatial..., classCount]` of images `[N, spatial..., C]`.
  public func callAsFunction(_ image: Variable<Scalar>) -> Variable<Scalar> { head(decoder(encoder(image))) }
}
