import Autograd
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

extension PerceptronPlan {
  /// Both of WCL's heads: three layers with biases, norm and ReLU between them.
  public static func wcl(hidden: Int, output: Int) -> PerceptronPlan {
    PerceptronPlan([hidden, hidden, output])
  }
}
