import Autograd
public import NN
public import Tensor

/// Weakly supervised contrastive learning (WCL): beside telling images apart, images that the other view finds alike attract.
///
/// One encoder, two heads. On the first, NT-Xent of both views; on the second, for the unit rows of each view the graph of
/// nearest neighbours, whose connected components are weak labels of the other view:
///
///     L = L_instance + w L_graph
///     L_instance = 1/2N sum over i of [ log( sum over k != i of exp(s_ik) ) - s_ii' ]         all 2N rows of head 1
///     L_graph    = 1/2 [ S(view 1 of head 2, components of view 2) + S(view 2, components of view 1) ]
///
/// The denominators have 2N - 1 terms in the first and N - 1, those of the row's own view, in S: ``ComponentContrastiveLoss``.
/// What it adds to SimCLR: images of one component attract, on a head of their own, where NT-Xent does not push them apart.
/// SuperCL's IGCP takes the components from superpixel features instead.
///
/// A checkpoint holds encoder and both heads with their norm statistics, and the optimiser's moments.
///
/// Signs of failure: `components` (their number, the mean of both views) at 1: the whole batch is one class, nothing is
/// repelled, and `graph` can only fall by collapse; with a few dozen images unrelated ones are linked as a rule, because
/// every image must take a neighbour. `spread` near 0 is collapse of head 1, `graph` near ln(N - 1) of head 2.
///
/// Sources: Zheng et al., ICCV 2021, and its released code, whose numbers the defaults are (the paper's heads are of 2048 and
/// 128); the k-NN multi-crop of the paper is not in it and not here.
public struct WCL: PretrainingMethod {
  public static let name = "WCL"

  /// 200 epochs of 1,281,167 images, 4096 in a batch.
  public var recipe = TrainingRecipe(steps: 62_600, batchSize: 4096, lastBatch: .dropped)
  /// LARS with momentum .9, decay 1e-6 of weights alone, .075 times the root of the batch, 10 epochs up and a cosine to 0.
  public var optimization = OptimizerRecipe(
    .lars(form: .rateOutside), rate: 4.8, warmUpSteps: 3130, weightDecay: 1e-6, decayed: .weights)
  /// T of both losses: .1.
  public var temperature = 0.1
  /// w: 1.
  public var graphWeight = 1.0
  /// Width of both heads between their linear layers: 4096.
  public var hiddenFeatures = 4096
  /// Length of the embeddings of both heads: 256.
  public var embeddingSize = 256
  /// Two crops of 224 with SimCLR's changes of intensity; colour is left out. That code has MoCo's for its first 10 epochs.
  public var views = ViewRecipe.crops(
    MultiCrop([.init(count: 2, size: 224, area: 0.08...1)], intensity: .simCLR))

  /// WCL with its released numbers.
  public init() {}

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> WCL {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.positive("temperature", temperature)
    try check.notNegative("graphWeight", graphWeight)
    try check.positive("hiddenFeatures", hiddenFeatures)
    try check.positive("embeddingSize", embeddingSize)
    try check.require(
      recipe.batchSize >= 3, "recipe.batchSize", recipe.batchSize,
      "of two images each is the other's neighbour")
    try check.views("views", views, encoder: encoder)
    try check.require(views.sizes.count == 2, "views.sizes", views.sizes, "there must be two views")
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    try SettingCheck(method: Self.name).fits(image, at: index, "views", views)
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> WCLLearner {
    var weights = key.generator
    let encoder = blueprint.makeEncoder(using: &weights)
    let heads = [RandomPurpose.projector, .graphProjector].map { purpose in
      var generator = key.stream(for: purpose).generator
      return PerceptronHead<Float>(
        inputFeatures: encoder.encoderDescription.deepest.channels,
        .wcl(hidden: hiddenFeatures, output: embeddingSize), using: &generator)
    }
    return WCLLearner(encoder: encoder, projector: heads[0], graphProjector: heads[1])
  }

  public func objectives(of learner: WCLLearner) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    views.views(of: images, key: key)
  }

  public func evaluate(
    _ learner: WCLLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let rows = views.map { view in
      let own = learner.embeddings(of: Variable(view))
      return (
        instance: own.instance.gathered(across: moment.ranks), graph: own.graph.gathered(across: moment.ranks)
      )
    }
    let instance = NTXentLoss(temperature: temperature, floor: .normalize)(
      rows[0].instance, rows[1].instance)
    let graphLoss = ComponentContrastiveLoss(temperature: temperature)
    let components = rows.map { graphLoss.components(of: $0.graph.value) }
    let graph = graphLoss(rows[0].graph, rows[1].graph, components: components)
    let loss = instance + graph * Float(graphWeight)
    let count = Double(components[0].count + components[1].count) / 2
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)), LossTerm("instance", Double(instance.item)),
        LossTerm("graph", Double(graph.item)), LossTerm("components", count),
        LossTerm("spread", embeddingSpread(rows[0].instance.value)),
      ],
      warnings: count > 1
        ? []
        : [
          TrainingWarning(
            "one component", "one component covers the batch in both views: nothing is repelled")
        ])
  }
}
