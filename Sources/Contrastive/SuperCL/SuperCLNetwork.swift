public import NN
public import Tensor

/// What SuperCL trains: an encoder, and the projection head that is dropped afterwards.
public final class SuperCLNetwork<Scalar: TensorFloatingPointScalar>: Module {
  /// What fine-tuning keeps.
  public let encoder: any FeatureEncoder<Scalar>
  /// What is dropped after pre-training.
  public let projector: ProjectionHead<Scalar>
  /// The stages of a decoder that ILCP reads, ``FeatureLevel/decoder(_:)``; `nil`, and no parameter, where it reads none.
  public let decoder: (any FeatureDecoder<Scalar>)?

  /// The given parts.
  public init(
    encoder: any FeatureEncoder<Scalar>, projector: ProjectionHead<Scalar>,
    decoder: (any FeatureDecoder<Scalar>)? = nil
  ) {
    self.encoder = encoder
    self.projector = projector
    self.decoder = decoder
  }

  /// An encoder and a projector as wide as its bottleneck: 5,238,880 parameters with the released code's widths.
  ///
  /// - Parameters:
  ///   - configuration: The sizes of the encoder.
  ///   - initializer: How weights and biases are drawn: PyTorch's default, as the released code pre-trains. Its
  ///     Kaiming weights belong to fine-tuning (`UNet`) and are 2.45 times as wide, so that a rate of .01 means another
  ///     step.
  ///   - generator: The source of randomness.
  public convenience init(
    _ configuration: UNetConfiguration = .init(), initializer: ParameterInitializer = .pyTorchDefault,
    using generator: inout some RandomNumberGenerator
  ) {
    let bottleneck = configuration.widths[configuration.stageCount]
    self.init(
      encoder: UNetEncoder(configuration, initializer: initializer, using: &generator),
      projector: ProjectionHead(inputFeatures: bottleneck, initializer: initializer, using: &generator))
  }

  public var members: [ModuleMember<Scalar>] {
    [.module("encoder", encoder), .module("projector", projector)]
      + (decoder.map { [.module("decoder", $0)] } ?? [])
  }
}
