public import Autograd
public import NN
public import Tensor

/// What WCL learns: an encoder with a head for instances and one for the graph.
public final class WCLLearner: PretrainingLearner {
  public let encoder: any FeatureEncoder<Float>
  /// The head of NT-Xent.
  public let projector: any Layer<Float>
  /// The head whose rows have neighbours.
  public let graphProjector: any Layer<Float>

  /// A learner of an encoder and two heads on its deepest level.
  public init(
    encoder: any FeatureEncoder<Float>, projector: any Layer<Float>, graphProjector: any Layer<Float>
  ) {
    self.encoder = encoder
    self.projector = projector
    self.graphProjector = graphProjector
  }

  public var members: [ModuleMember<Float>] {
    [
      .module("encoder", encoder), .module("projector", projector), .module("graphProjector", graphProjector),
    ]
  }

  /// Unit embeddings `[N, d]` of one view by both heads, from one pass of the encoder.
  func embeddings(of images: Variable<Float>) -> (instance: Variable<Float>, graph: Variable<Float>) {
    let levels = encoder(images)
    let deepest = levels[levels.count - 1]
    return (projector(deepest).unitRows(), graphProjector(deepest).unitRows())
  }
}

/// Maps a feature map to an embedding: global average pooling, then linear, batch norm, ReLU, twice, and a linear layer, all
/// with biases. WCL has two of them, of 4096 hidden features and 256 out.
///
/// Its parameters are named `linear1`, `bn1`, `linear2`, `bn2`, `linear3`, as in the released code. Source: Zheng et al., ICCV
/// 2021, and that code.
public final class WCLHead<Scalar: TensorFloatingPointScalar>: Layer {
  /// The linear layers.
  public let linears: [Linear<Scalar>]
  /// Batch norm and ReLU behind the first two.
  public let norms: [BatchNorm<Scalar>]

  /// A head with weights and biases drawn by `initializer`: PyTorch's default unless given.
  public init(
    inputFeatures: Int, hiddenFeatures: Int, outputFeatures: Int,
    initializer: ParameterInitializer = .pyTorchDefault, using generator: inout some RandomNumberGenerator
  ) {
    let widths = [inputFeatures, hiddenFeatures, hiddenFeatures, outputFeatures]
    var linears: [Linear<Scalar>] = []
    for (input, output) in zip(widths, widths.dropFirst()) {
      linears.append(
        Linear(inputFeatures: input, outputFeatures: output, initializer: initializer, using: &generator))
    }
    self.linears = linears
    norms = (0..<2).map { _ in BatchNorm(channels: hiddenFeatures, negativeSlope: 0) }
  }

  public var members: [ModuleMember<Scalar>] {
    linears.enumerated().map { .module("linear\($0.offset + 1)", $0.element) }
      + norms.enumerated().map { .module("bn\($0.offset + 1)", $0.element) }
  }

  /// `[N, spatial..., C]` to `[N, outputFeatures]`.
  public func callAsFunction(_ features: Variable<Scalar>) -> Variable<Scalar> {
    var rows = features.globalAveragePool()
    for (linear, norm) in zip(linears, norms) { rows = norm(linear(rows)) }
    return linears[2](rows)
  }
}
