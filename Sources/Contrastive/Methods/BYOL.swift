import Autograd
public import NN
public import Tensor

/// Bootstrap your own latent (BYOL): one view predicts what a slowly moving copy of the network makes of the other; nothing
/// repels.
///
/// With predictions p = predictor(projector(encoder(x))) of the network and t = projector(encoder(x)) of its moving average,
/// both brought to length 1:
///
///     L = mean over i of [ |p1_i - t2_i|^2 + |p2_i - t1_i|^2 ]  =  4 - 2 mean cos(p1, t2) - 2 mean cos(p2, t1)
///
/// There is no denominator, and the sum of the two views is not halved. Gradients flow through p alone. The views pass one after
/// the other, each normalised by its own statistics, as in the released code. Behind every update the average moves with
/// `m(k) = 1 - (1 - m0) (1 + cos(pi k / K)) / 2`, which ends at 1.
///
/// The average begins as a copy; the released code draws it anew and saw no difference. The loss lies between 0 and 8.
///
/// A checkpoint holds network, predictor, average with its norm statistics, and the optimiser's moments; m follows from the
/// step.
///
/// Signs of failure: `spread` near 0 with a loss near 0: collapse; the heads need their norms. A loss that falls and rises
/// again: the rate is one of LARS under another rule. A small batch takes more steps an epoch: raise the start of ``momentum``.
///
/// Sources: Grill et al., NeurIPS 2020, and its released code, whose numbers for 1000 epochs the defaults are.
public struct BYOL: PretrainingMethod {
  public static let name = "BYOL"

  /// 1000 epochs of 1,281,167 images, 4096 in a batch.
  public var recipe = TrainingRecipe(steps: 312_785, batchSize: 4096)
  /// LARS in that code's form with momentum .9, decay 1.5e-6 of weights alone, 3.2 (.2 for each 256 images), 10 epochs up and a cosine to 0.
  public var optimization = OptimizerRecipe(
    .lars(form: .rateOutside), rate: 3.2, warmUpSteps: 3127, weightDecay: 1.5e-6, decayed: .weights)
  /// m of the moving average: .996, rising to 1 (for 300 and 100 epochs .99, for 40 .97).
  public var momentum = TargetMomentum(start: 0.996)
  /// Width of projector and predictor between their linear layers: 4096.
  public var hiddenFeatures = 4096
  /// Length of projections and predictions: 256.
  public var embeddingSize = 256
  /// What the average's running norm statistics hold.
  public var targetStatistics = TargetStatistics.own
  /// Two crops of 224, area .08...1, with MoCo's strengths of jitter; the first always blurred, the second with a chance of .1.
  /// Colour is left out, and so is solarising, which needs values in 0...1; brightness is a factor here, where the released
  /// code adds.
  public var views = ViewRecipe.crops(.byol)

  /// BYOL with its released numbers for 1000 epochs.
  public init() {}

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> BYOL {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.pairs(recipe)
    try momentum.validate(check, "momentum")
    try check.positive("hiddenFeatures", hiddenFeatures)
    try check.positive("embeddingSize", embeddingSize)
    try check.views("views", views, encoder: encoder)
    try check.require(views.sizes.count == 2, "views.sizes", views.sizes, "there must be two views")
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    try SettingCheck(method: Self.name).fits(image, at: index, "views", views)
  }

  public func sampler(over images: some Dataset<PretrainingImage>) throws -> (any Sampler)? {
    try SettingCheck(method: Self.name).pairs(recipe, imageCount: images.count)
    return nil
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> BYOLLearner {
    let plan = PerceptronPlan.byol(hidden: hiddenFeatures, output: embeddingSize)
    func network() -> EmbeddingNetwork<Float> {
      EmbeddingNetwork(blueprint, key: key) { PerceptronHead<Float>(inputFeatures: $0, plan, using: &$1) }
    }
    var head = key.stream(for: .predictor).generator
    let online = network()
    return BYOLLearner(
      online, predictor: PerceptronHead<Float>(inputFeatures: embeddingSize, plan, using: &head),
      TargetNetwork(following: online, copy: network(), statistics: targetStatistics))
  }

  public func objectives(of learner: BYOLLearner) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    views.views(of: images, key: key)
  }

  public func evaluate(
    _ learner: BYOLLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let predictions = views.map { learner.predictor(learner.online.projections(of: Variable($0))) }
    let targets = views.map { view in
      Variable(learner.target.run { $0.projections(of: Variable(view)).value })
    }
    let distance = NegativeCosineLoss.byol
    let loss =
      distance(predictions[0], targets: targets[1]) + distance(predictions[1], targets: targets[0])
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)),
        LossTerm("spread", embeddingSpread(targets[0].value, across: moment.ranks)),
        LossTerm("momentum", momentum.value(at: moment)),
      ])
  }

  public func didUpdate(_ learner: BYOLLearner, at moment: TrainingMoment) throws {
    learner.target.follow(learner.online, momentum: momentum.value(at: moment))
  }
}

/// What BYOL learns: an encoder with its projector, a predictor behind them, and the moving average of the first two.
public final class BYOLLearner: PretrainingLearner {
  /// The network that gradients move.
  public let online: EmbeddingNetwork<Float>
  /// Maps projections to predictions.
  public let predictor: PerceptronHead<Float>
  /// The moving average of ``online``, which has no predictor.
  public let target: TargetNetwork<EmbeddingNetwork<Float>>

  init(
    _ online: EmbeddingNetwork<Float>, predictor: PerceptronHead<Float>,
    _ target: TargetNetwork<EmbeddingNetwork<Float>>
  ) {
    self.online = online
    self.predictor = predictor
    self.target = target
  }

  public var encoder: any FeatureEncoder<Float> { online.encoder }
  public var members: [ModuleMember<Float>] {
    online.members + [.module("predictor", predictor), .module("target", target)]
  }
}
