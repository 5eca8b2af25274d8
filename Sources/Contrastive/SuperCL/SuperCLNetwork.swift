public import NN
public import Tensor

/// What SuperCL trains: an encoder, and the projection head that is dropped afterwards.
public final class SuperCLNetwork<Scalar: TensorFloatingPointScalar>: Module {
  /// What fine-tuning keeps.
  public let encoder: UNetEncoder<Scalar>
  /// What is dropped after pre-training.
  public let projector: ProjectionHead<Scalar>

  /// The given parts.
  public init(encoder: UNetEncoder<Scalar>, projector: ProjectionHead<Scalar>) {
    self.encoder = encoder
    self.projector = projector
  }

  /// An encoder and a projector as wide as its bottleneck: 5,238,880 parameters with the paper's widths.
  public convenience init(
    _ configuration: UNetConfiguration = .init(), using generator: inout some RandomNumberGenerator
  ) {
    let bottleneck = configuration.widths[configuration.stageCount]
    self.init(
      encoder: UNetEncoder(configuration, using: &generator),
      projector: ProjectionHead(inputFeatures: bottleneck, using: &generator))
  }

  public var members: [ModuleMember<Scalar>] {
    [.module("encoder", encoder), .module("projector", projector)]
  }
}
