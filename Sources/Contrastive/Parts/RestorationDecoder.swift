public import Autograd
public import NN
public import Tensor

/// A U-Net's decoder that restores the image from an encoder's levels: its features, a 1x1 convolution to the image's channels,
/// and a sigmoid, for images of 0...1.
///
/// Its parameters are `decoder.*` and `head.*`; the decoder's are those of a `UNet`, which loads them for fine-tuning. A 1x1
/// convolution with channels last is a linear layer. DiRA's own decoder ends in a 3x3 one.
public final class RestorationDecoder<Scalar: TensorFloatingPointScalar>: Module {
  /// All stages of a U-Net's decoder.
  public let decoder: any FeatureDecoder<Scalar>
  /// Features to the image's channels.
  public let head: Linear<Scalar>

  /// A decoder for an encoder of this description, images or volumes.
  ///
  /// - Precondition: its levels halve; see `EncoderDescription.halvesAtEachLevel`.
  public init(for encoder: EncoderDescription, using generator: inout some RandomNumberGenerator) {
    decoder = encoder.makeUNetDecoder(using: &generator)
    head = Linear(
      inputFeatures: encoder.levels[0].channels, outputFeatures: encoder.inputChannels,
      initializer: .pyTorchDefault, using: &generator)
  }

  public var members: [ModuleMember<Scalar>] { [.module("decoder", decoder), .module("head", head)] }

  /// The restored image `[N, spatial..., C]`, each value in 0...1, from the levels, finest first.
  public func callAsFunction(_ levels: [Variable<Scalar>]) -> Variable<Scalar> {
    head(decoder(levels)).sigmoid()
  }
}
