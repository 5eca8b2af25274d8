import Autograd
public import NN
public import Tensor

/// SimTriplet: a view of a slice predicts a second view of it, and a view of its neighbour in the volume; both predict it.
///
/// With view 1 of a slice, view 2 of its neighbour, view 3 of the slice again, projections z and predictions p, and
/// `D(p, z) = -mean cos(p, stop(z))`:
///
///     L = 1/2 [ D(p1, z2) + D(p2, z1) + D(p1, z3) + D(p3, z1) ]     in -2...2
///
/// There is no denominator; views 2 and 3 are not compared. Gradients flow through p, not into the z that is predicted. The views
/// pass one after the other, each normalised by its own statistics. What it adds to ``SimSiam`` is the neighbour, and a third
/// pass.
///
/// It trains on ``NeighboringSlices``, which ``examples(of:)`` gives. Which of the two neighbours is drawn with the views of
/// each image.
///
/// A checkpoint holds encoder, projector and predictor with their norm statistics, and the optimiser's moments.
///
/// Signs of failure: those of ``SimSiam``. `neighbor` and `same` are the two halves of the loss: a `neighbor` that stays far
/// above `same` says that slices lie too far apart to be alike.
///
/// Sources: Liu et al., MICCAI 2021, and its released model; its optimiser's file is not released, so that rate, decay, batch
/// and length are those of ``SimSiam``, whose code it grew from (inferred). In the original neighbours are patches of a
/// whole-slide image, and images are of three channels.
public struct SimTriplet: PretrainingMethod {
  public static let name = "SimTriplet"

  /// As SimSiam's: 512 images a step.
  public var recipe = TrainingRecipe(steps: 250_200, batchSize: 512, lastBatch: .dropped)
  /// As SimSiam's: SGD with momentum .9, decay 1e-4, .1 on a cosine to 0.
  public var optimization = OptimizerRecipe(.sgd(), rate: 0.1, weightDecay: 1e-4)
  /// Whether the predictor's rate follows the schedule: it stays.
  public var predictorRate = PredictorRate.constant
  /// Whether gradients flow into what is predicted, too: they do not; with them it collapses.
  public var targetGradient = NegativeCosineLoss.TargetGradient.stopped
  /// Linear layers of the projector: 3 (the code knows 2).
  public var projectorLayers = 3
  /// Width of all layers of the projector, and length of projections and predictions: 2048.
  public var embeddingSize = 2048
  /// Width of the predictor between its two layers: 512.
  public var predictorFeatures = 512
  /// The one view that is made three times: MoCo v2's crop of 224; colour is left out.
  public var view = ViewRecipe.crops(MultiCrop([.init(count: 1, size: 224, area: 0.2...1)], intensity: .moCo))

  /// SimTriplet with its released heads.
  public init() {}

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> SimTriplet {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.pairs(recipe)
    try check.positive("embeddingSize", embeddingSize)
    try check.positive("projectorLayers", projectorLayers)
    try check.positive("predictorFeatures", predictorFeatures)
    try check.views("view", view, encoder: encoder)
    try check.require(
      view.sizes.count == 1, "view.sizes", view.sizes, "there must be one view, made three times")
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    let check = SettingCheck(method: Self.name)
    try check.fits(image, at: index, "view", view)
    try check.require(
      !image.neighbors.isEmpty, "images[\(index)].neighbors", "[]",
      "a slice needs its neighbours: train on NeighboringSlices of the images")
    for neighbor in image.neighbors {
      try check.require(
        neighbor.shape == image.image.shape && neighbor.nonFiniteElements.count == 0,
        "images[\(index)].neighbors", neighbor.shape,
        "a neighbour has the slice's shape, \(image.image.shape), and finite values")
    }
  }

  /// The slices with their neighbours.
  public func examples(of images: some Dataset<PretrainingImage>) throws -> any Dataset<PretrainingImage> {
    try NeighboringSlices(images, for: Self.name)
  }

  public func sampler(over images: some Dataset<PretrainingImage>) throws -> (any Sampler)? {
    try SettingCheck(method: Self.name).pairs(recipe, imageCount: images.count)
    return nil
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> SiameseLearner {
    SiameseLearner(
      blueprint, key: key,
      projector: { _ in
        .simTripletProjector(
          layers: projectorLayers, hidden: embeddingSize, output: embeddingSize)
      },
      predictor: .simTripletPredictor(hidden: predictorFeatures, output: embeddingSize))
  }

  public func objectives(of learner: SiameseLearner) -> [Objective] {
    [learner.objective(optimization, steps: recipe.steps, predictorRate: predictorRate)]
  }

  /// View 1 of every slice, view 2 of a neighbour of each, view 3 of the slices again.
  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    let triplets = Parallel.map(Array(images.enumerated())) { place, example -> [Tensor<Float>] in
      var generator = key.at(place: place).generator
      guard !example.neighbors.isEmpty else { return [] }
      let neighbor = example.neighbors[generator.integer(below: example.neighbors.count)]
      return [example.image, neighbor, example.image].map {
        view($0, spacing: example.spacing, using: &generator)[0]
      }
    }
    if let bare = triplets.firstIndex(where: \.isEmpty) { try check(images[bare], at: bare) }
    return (0..<3).map { view in Tensor(stacking: triplets.map { $0[view] }) }
  }

  public func evaluate(
    _ learner: SiameseLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let outputs = learner.outputs(of: views)
    let distance = NegativeCosineLoss(targetGradient: targetGradient)
    func pair(_ first: Int, _ second: Int) -> Variable<Float> {
      (distance(outputs[first].prediction, targets: outputs[second].projection)
        + distance(outputs[second].prediction, targets: outputs[first].projection)) / 2
    }
    let (neighbor, same) = (pair(0, 1), pair(0, 2))
    let loss = neighbor + same
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)), LossTerm("neighbor", Double(neighbor.item)),
        LossTerm("same", Double(same.item)),
        LossTerm("spread", embeddingSpread(outputs[0].projection.value, across: moment.ranks)),
      ])
  }
}
