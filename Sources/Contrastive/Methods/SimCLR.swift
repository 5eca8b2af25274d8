import Autograd
public import NN
public import Tensor

/// A simple framework for contrastive learning (SimCLR): the two views of an image are told from all other views of the batch.
///
/// With the cosines of the 2N projections over the temperature, `s_ij = cos(z_i, z_j) / T`, and i' the other view of i's image:
///
///     L = 1/2N sum over i of [ log( sum over k != i of exp(s_ik) ) - s_ii' ]
///
/// The denominator has 2N - 1 terms, the positive among them: all rows but the anchor. Gradients flow through all rows. Both
/// views pass the network together, so that its norms see 2N images, as in the released code. The encoder is kept, the
/// projector dropped.
///
/// The released code adds the means of the two halves, which is twice the paper's mean: ``LossScale/sumOfViews``. With SGD this
/// doubles the rate; under LARS it changes the share of the decay alone. The default is the paper's.
///
/// A checkpoint holds encoder and projector with their norm statistics, and the optimiser's moments.
///
/// Signs of failure: the loss stays at ln(2N - 1) and `spread` falls to 0: all rows are equal. `similarity` (the mean cosine of
/// the two views of an image) near 1 from the start: the views are too alike. Norms whose batch is one group of many, as on
/// several devices, let the network find the pair by its statistics; here there is one group.
///
/// Sources: Chen et al., ICML 2020 (v1) and NeurIPS 2020 (v2); the released code, whose numbers for pre-training the defaults are.
public struct SimCLR: PretrainingMethod {
  public static let name = "SimCLR"

  /// 100 epochs of 1,281,167 images, 4096 in a batch.
  public var recipe = TrainingRecipe(steps: 31_279, batchSize: 4096)
  /// LARS in that code's form with momentum .9, decay 1e-4 (v1's paper: 1e-6) of weights alone, 4.8 (.075 times the root of the batch, or .3 for
  /// each 256 images, which here are one), 10 epochs up and a cosine to 0.
  public var optimization = OptimizerRecipe(
    .lars(form: .rateInside), rate: 4.8, warmUpSteps: 3127, weightDecay: 1e-4, decayed: .weights)
  /// T: .1 (for CIFAR: .5).
  public var temperature = 0.1
  /// Whether the loss is the mean over all rows or twice that: the mean.
  public var lossScale = LossScale.mean
  /// The head that the loss sees: v2's of three layers.
  public var projector = Projector.normalized(layers: 3)
  /// Width of the projector between its linear layers; that of the encoder's deepest level where `nil`, as in the code.
  public var hiddenFeatures: Int?
  /// Length of a projection: 128.
  public var embeddingSize = 128
  /// Two crops of 224, area .08...1, with jitter and blur; colour is left out.
  public var views = ViewRecipe.crops(
    MultiCrop([.init(count: 2, size: 224, area: 0.08...1)], intensity: .simCLR))

  /// What the sum over rows is divided by.
  public enum LossScale: String, Sendable, Hashable, Codable {
    /// The 2N rows: the paper's equation 1.
    case mean
    /// N: the released code, which adds the means of the two views.
    case sumOfViews
  }

  /// What the loss sees of the deepest features.
  public enum Projector: Sendable, Hashable, Codable {
    /// Linear, ReLU, linear, with biases and without norm: v1 as its paper writes it, and the group behind SuperCL.
    case plain
    /// Linear layers without biases, with norm and ReLU between them and a norm without shift at the end: the released code,
    /// with 2 layers for v1 and 3 for v2.
    case normalized(layers: Int)
  }

  /// SimCLR with the numbers of its released code, but for what is given.
  public init(temperature: Double = 0.1) { self.temperature = temperature }

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> SimCLR {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.pairs(recipe)
    try check.positive("temperature", temperature)
    if case .normalized(let layers) = projector { try check.positive("projector.layers", layers) }
    try check.positive("hiddenFeatures", hiddenFeatures ?? 1)
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

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> EmbeddingNetwork<Float> {
    EmbeddingNetwork(blueprint, key: key) { width, generator in
      let hidden = hiddenFeatures ?? width
      switch projector {
      case .plain:
        return ProjectionHead<Float>(
          inputFeatures: width, hiddenFeatures: hidden, outputFeatures: embeddingSize, using: &generator)
      case .normalized(let layers):
        return PerceptronHead<Float>(
          inputFeatures: width, .simCLR(layers: layers, hidden: hidden, output: embeddingSize),
          using: &generator)
      }
    }
  }

  public func objectives(of learner: EmbeddingNetwork<Float>) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    views.views(of: images, key: key)
  }

  public func evaluate(
    _ learner: EmbeddingNetwork<Float>, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let rows = learner.embeddings(of: views.map { Variable($0) }).map { $0.gathered(across: moment.ranks) }
    // The least length of the released code's normalisation.
    let mean = NTXentLoss(temperature: temperature, floor: .length(1e-6))(rows[0], rows[1])
    let loss = lossScale == .mean ? mean : mean * 2
    let similarity = (rows[0].value * rows[1].value).sum(along: 1).mean()
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)), LossTerm("similarity", Double(similarity.item)),
        LossTerm("spread", embeddingSpread(rows[0].value)),
      ])
  }
}
