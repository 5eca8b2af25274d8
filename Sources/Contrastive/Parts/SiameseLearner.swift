import Autograd
public import NN
public import Tensor

/// One network for all views, with a predictor behind it: what SimSiam and SimTriplet learn.
public final class SiameseLearner: PretrainingLearner {
  /// The encoder with its projector.
  public let network: EmbeddingNetwork<Float>
  /// Maps projections to predictions.
  public let predictor: PerceptronHead<Float>

  init(_ network: EmbeddingNetwork<Float>, predictor: PerceptronHead<Float>) {
    self.network = network
    self.predictor = predictor
  }

  /// Both heads of their plans behind an encoder of the blueprint, whose weights are those of the other methods at this key.
  convenience init(
    _ blueprint: EncoderBlueprint, key: RandomKey, projector: (_ width: Int) -> PerceptronPlan,
    predictor: PerceptronPlan
  ) {
    let network = EmbeddingNetwork(blueprint, key: key) {
      PerceptronHead<Float>(inputFeatures: $0, projector($0), using: &$1)
    }
    let width = network.encoder.encoderDescription.deepest.channels
    var head = key.stream(for: .predictor).generator
    self.init(
      network,
      predictor: PerceptronHead<Float>(
        inputFeatures: projector(width).widths.last ?? width, predictor, using: &head))
  }

  public var encoder: any FeatureEncoder<Float> { network.encoder }
  public var members: [ModuleMember<Float>] { network.members + [.module("predictor", predictor)] }

  /// Projections and predictions `[N, d]` of every view, one view after the other: each is normalised by its own statistics.
  func outputs(of views: [Tensor<Float>]) -> [(projection: Variable<Float>, prediction: Variable<Float>)] {
    views.map { view in
      let projection = network.projections(of: Variable(view))
      return (projection, predictor(projection))
    }
  }

  /// One objective whose predictor keeps the rate of the first step, or follows the schedule.
  func objective(_ optimization: OptimizerRecipe, steps: Int, predictorRate: PredictorRate) -> Objective {
    let parameters = namedParameters.filter { !$0.parameter.isFrozen }
    let isPredictor = { (name: String) in name.hasPrefix("predictor.") }
    var groups = optimization.groups(of: parameters.filter { !isPredictor($0.name) })
    groups += optimization.groups(of: parameters.filter { isPredictor($0.name) }).map {
      var group = $0
      if predictorRate == .constant { group.fixedLearningRate = optimization.rate }
      return group
    }
    return Objective(groups, optimization.settings(steps: steps))
  }
}

/// What becomes of the learning rate of a predictor.
public enum PredictorRate: String, Sendable, Hashable, Codable {
  /// It stays as it is at its highest, because the predictor should keep up with the latest projections: the run of
  /// SimSiam's authors.
  case constant
  /// It follows the schedule of the other parameters.
  case scheduled
}
