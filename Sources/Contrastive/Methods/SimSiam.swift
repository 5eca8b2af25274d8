import Autograd
public import NN
public import Tensor

/// Simple siamese networks (SimSiam): one view predicts the other with the same network, held for that moment; no negatives, no
/// average.
///
/// With projections z = projector(encoder(x)) and predictions p = predictor(z) of both views:
///
///     L = -1/2 [ mean cos(p1, stop(z2)) + mean cos(p2, stop(z1)) ]     in -1...1
///
/// There is no denominator. Gradients flow through p, and through it into z, but not into the z that is predicted: without
/// this all rows become equal. The views pass one after the other, each normalised by its own statistics.
///
/// A checkpoint holds encoder, projector and predictor with their norm statistics, and the optimiser's moments.
///
/// Signs of failure: a loss near -1 within an epoch while `spread` falls from about 1 to 0: collapse, which the loss alone
/// does not tell from success. It is sensitive to views, rate and size of the network. A spread that is healthy over all
/// images can hide slices of one volume that have fallen together.
///
/// Sources: Chen and He, CVPR 2021, and its released code, whose numbers the defaults are. In that code a frozen bias stands in
/// front of the projector's last norm, which takes it away: here there is none. The last norm of each residual block, which it
/// starts at 0, has no counterpart in a U-Net.
public struct SimSiam: PretrainingMethod {
  public static let name = "SimSiam"

  /// 100 epochs of 1,281,167 images, 512 in a batch, the rest of an epoch dropped.
  public var recipe = TrainingRecipe(steps: 250_200, batchSize: 512, lastBatch: .dropped)
  /// SGD with momentum .9, decay 1e-4 of all parameters, .1 (.05 for each 256 images) on a cosine to 0. The code lowers the
  /// rate once an epoch, this every step.
  public var optimization = OptimizerRecipe(.sgd(), rate: 0.1, weightDecay: 1e-4)
  /// Whether the predictor's rate follows the schedule: it stays.
  public var predictorRate = PredictorRate.constant
  /// Whether gradients flow into what is predicted, too: they do not; with them it collapses.
  public var targetGradient = NegativeCosineLoss.TargetGradient.stopped
  /// Width of the projector between its linear layers; that of the encoder's deepest level where `nil`, as in the code.
  public var hiddenFeatures: Int?
  /// Linear layers of the projector: 3 (the paper's for CIFAR: 2).
  public var projectorLayers = 3
  /// Width of the predictor between its two: 512.
  public var predictorFeatures = 512
  /// Length of projections and predictions: 2048.
  public var embeddingSize = 2048
  /// MoCo v2's views: two crops of 224 with jitter and blur; colour is left out.
  public var views = ViewRecipe.crops(.moCo)

  /// SimSiam with its released numbers.
  public init() {}

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> SimSiam {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.pairs(recipe)
    try check.positive("hiddenFeatures", hiddenFeatures ?? 1)
    try check.positive("projectorLayers", projectorLayers)
    try check.positive("predictorFeatures", predictorFeatures)
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

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> SiameseLearner {
    SiameseLearner(
      blueprint, key: key,
      projector: {
        .simSiamProjector(
          layers: projectorLayers, hidden: hiddenFeatures ?? $0, output: embeddingSize)
      },
      predictor: .simSiamPredictor(hidden: predictorFeatures, output: embeddingSize))
  }

  public func objectives(of learner: SiameseLearner) -> [Objective] {
    [learner.objective(optimization, steps: recipe.steps, predictorRate: predictorRate)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    views.views(of: images, key: key)
  }

  public func evaluate(
    _ learner: SiameseLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let outputs = learner.outputs(of: views)
    let distance = NegativeCosineLoss(targetGradient: targetGradient)
    let loss =
      (distance(outputs[0].prediction, targets: outputs[1].projection)
        + distance(outputs[1].prediction, targets: outputs[0].projection)) / 2
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)),
        LossTerm("spread", embeddingSpread(outputs[0].projection.value, across: moment.ranks)),
      ])
  }
}
