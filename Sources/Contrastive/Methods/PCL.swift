import Autograd
public import NN
public import Tensor

/// Positional contrastive learning (PCL): slices at about the same place of their volumes show the same organs, whoever
/// the patient, and attract each other.
///
/// With embeddings u of N slices in two views (2N rows), `s_ij = cos(u_i, u_j) / T`, and P(i) the rows that ``positives``
/// names for row i, all four combinations of views among them:
///
///     L = (T / T0) mean over i of [ log( sum over k != i of exp(s_ik) ) - mean over j in P(i) of s_ij ]
///
/// The denominator has 2N - 1 terms, the positives included. What it adds to SimCLR: a slice near by is no negative to be
/// pushed away but a positive. ``SlicePositives/image`` takes that away again and leaves NT-Xent; ``SlicePositives/parts(_:)``
/// is what that code, and the group behind SuperCL after it, runs under the name of GCL (``GCL`` is the method itself).
///
/// A checkpoint holds encoder and projector, and the optimiser's moments.
///
/// Signs of failure: `positives` (rows that attract a row, in the mean) near 1 means that positions teach nothing: the
/// threshold is below the distance of slices in a batch; near 2N - 1 nothing is left to repel. `spread` near 0 is collapse. A
/// loss far above 0 is none: with n positives it cannot fall below ln n (times the factor).
///
/// Sources: Zeng et al., MICCAI 2021, and its released code, whose numbers the defaults are; the paper has no factor T / T0.
public struct PCL: PretrainingMethod {
  public static let name = "PCL"

  /// 300 epochs of 547 batches of 32: 17,525 slices (CHD), the rest of each epoch dropped.
  public var recipe = TrainingRecipe(steps: 164_100, batchSize: 32, lastBatch: .dropped)
  /// SGD with momentum .9, decay 1e-5, .1 on a cosine to 0.
  public var optimization = OptimizerRecipe(.sgd(), rate: 0.1, weightDecay: 1e-5)
  /// T: .1.
  public var temperature = 0.1
  /// T0 in the factor in front: .07, as in that code; `nil` for none, as in the paper.
  public var baseTemperature: Double? = 0.07
  /// Which slices attract each other: those less than .1 of the volume apart (.35 for ACDC in the scripts).
  public var positives = SlicePositives.position(threshold: 0.1)
  /// Width of the projector between its linear layers; that of the encoder's deepest level (512) where `nil`.
  public var hiddenFeatures: Int?
  /// Length of an embedding; that of the encoder's deepest level (512) where `nil`.
  public var embeddingSize: Int?
  /// Two patches of 512, moved in space.
  public var views = ViewRecipe.varied(VariedViews())

  /// PCL with its released numbers, but for what is given.
  public init(positives: SlicePositives = .position(threshold: 0.1), temperature: Double = 0.1) {
    self.positives = positives
    self.temperature = temperature
  }

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> PCL {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.positive("temperature", temperature)
    try check.positive("baseTemperature", baseTemperature ?? 1)
    try positives.validate(check, "positives")
    try check.positive("hiddenFeatures", hiddenFeatures ?? 1)
    try check.positive("embeddingSize", embeddingSize ?? 1)
    try check.require(recipe.batchSize >= 2, "recipe.batchSize", recipe.batchSize, "there must be negatives")
    try check.views("views", views, encoder: encoder)
    try check.require(views.sizes.count == 2, "views.sizes", views.sizes, "there must be two views")
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    let check = SettingCheck(method: Self.name)
    try check.fits(image, at: index, "views", views)
    if positives != .image { try check.positioned(image, at: index) }
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> EmbeddingNetwork<Float> {
    EmbeddingNetwork(blueprint, key: key) {
      ProjectionHead<Float>(
        inputFeatures: $0, hiddenFeatures: hiddenFeatures, outputFeatures: embeddingSize, using: &$1)
    }
  }

  public func objectives(of learner: EmbeddingNetwork<Float>) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> PlacedViews {
    PlacedViews(views.views(of: images, key: key), positions: images.map(\.position))
  }

  public func evaluate(
    _ learner: EmbeddingNetwork<Float>, _ views: PlacedViews, at moment: TrainingMoment
  ) throws -> StepOutcome {
    let ranks = moment.ranks
    let rows = Variable(
      concatenating: views.images.map { learner(Variable($0)).gathered(across: ranks) }, along: 0)
    let mask = positives.mask(positions: ranks.gather(positions: views.positions))
    let scale = ContrastiveTemperature(temperature, base: baseTemperature)
    let loss = SupervisedContrastiveLoss(scale)(rows, positives: mask)
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)),
        LossTerm("positives", Double(Tensor<Float>(mask: mask).sum().item) / Double(mask.shape[0])),
        LossTerm("spread", embeddingSpread(rows.value)),
      ])
  }
}

extension EmbeddingNetwork: PretrainingLearner where Scalar == Float {}
