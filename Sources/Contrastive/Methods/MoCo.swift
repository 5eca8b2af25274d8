import Autograd
public import NN
public import Tensor

/// Momentum contrast (MoCo v2): a query is told from the keys of earlier batches, which a slowly moving copy of the network
/// has made.
///
/// With unit embeddings q of view 1 by the network, k of view 2 by its moving average, and the K rows c of a queue:
///
///     L = mean over i of [ log( exp(q_i.k_i / T) + sum over the K rows c of exp(q_i.c / T) ) - q_i.k_i / T ]
///
/// The denominator has 1 + K terms: the other images of the batch are no negatives, and the loss is not symmetric. Gradients
/// flow through q alone. Once an update, behind the optimiser's step, the average moves by `m`, and the keys of all its
/// parts go into the queue in order. The released code averages just before it makes keys; here it is the end of the step
/// before, from the same weights, so that every key is the same (in the first step the average is a copy either way).
///
/// A checkpoint holds network, average with its norm statistics, queue and its place, and the optimiser's moments.
///
/// Signs of failure: accuracy near 100 % early means that views are too alike, or that batch norm gives pairs away (split
/// the keys into groups); `spread` near 0 is collapse; a rising loss while the queue fills is not a failure. A queue
/// larger than the data holds the image itself as a negative: the authors' is 6 % of theirs.
///
/// Sources: He et al., CVPR 2020; Chen et al., arXiv 2003.04297 (v2); its released code. The defaults are that code's. The
/// normalized projector: Chen, Xie and He, ICCV 2021 (v3), as its released code has it.
public struct MoCo: PretrainingMethod {
  public static let name = "MoCo"

  /// 200 epochs of 1,281,167 images, 256 in a batch.
  public var recipe = TrainingRecipe(steps: 1_000_800, batchSize: 256)
  /// SGD with momentum .9, decay 1e-4, .03 on a cosine to 0. The code lowers the rate once an epoch, this every step.
  public var optimization = OptimizerRecipe(.sgd(), rate: 0.03, weightDecay: 1e-4)
  /// T: .2 (v1: .07).
  public var temperature = 0.2
  /// K: 65,536; a multiple of the images of an update.
  public var queueLength = 65_536
  /// m of the moving average: .999.
  public var momentum = 0.999
  /// The head that the loss sees: v2's, without norm.
  public var projector = Projector.plain
  /// Width of the projector between its linear layers; that of the encoder's deepest level where `nil`, as in the code.
  public var hiddenFeatures: Int?
  /// Length of an embedding: 128.
  public var embeddingSize = 128
  /// Groups of queries that norm layers see apart: 8, the code's graphics cards.
  public var queryGroups = 8
  /// Groups of keys, shuffled beforehand, so that a query and its key have norm statistics of different images: 8.
  public var keyGroups = 8
  /// What the average's running norm statistics hold.
  public var targetStatistics = TargetStatistics.own
  /// Two crops of 224 with jitter and blur; colour is left out.
  public var views = ViewRecipe.crops(.moCo)

  /// What the loss sees of the deepest features.
  public enum Projector: Sendable, Hashable, Codable {
    /// Linear, ReLU, linear, with biases and without norm: v2.
    case plain
    /// Linear layers without biases, with norm and ReLU between them and a norm that learns nothing at the end: the
    /// projector of v3's released code, with 2 layers for a ResNet and 3 for a transformer. The rest of v3 (a predictor, a
    /// symmetric loss without queue) is not taken.
    ///
    /// Embeddings are spread over the batch from the first step on, so that a slow average gives useful keys at once. It is
    /// why `spread` says little of this head: the loss must fall below ln(1 + K). Norm groups need two images at least.
    case normalized(layers: Int)
  }

  /// MoCo v2 with its released numbers, but for what is given.
  public init(queueLength: Int = 65_536, temperature: Double = 0.2, momentum: Double = 0.999) {
    self.queueLength = queueLength
    self.temperature = temperature
    self.momentum = momentum
  }

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> MoCo {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.positive("temperature", temperature)
    try check.queue("queueLength", length: queueLength, recipe: recipe)
    try check.require((0...1).contains(momentum), "momentum", momentum, "must be in 0...1")
    if case .normalized(let layers) = projector { try check.positive("projector.layers", layers) }
    try check.positive("hiddenFeatures", hiddenFeatures ?? 1)
    try check.positive("embeddingSize", embeddingSize)
    for (field, groups) in [("queryGroups", queryGroups), ("keyGroups", keyGroups)] {
      try check.require(
        groups >= 1 && recipe.batchSize % groups == 0, field, groups,
        "must divide the batch of \(recipe.batchSize)")
      try check.require(
        projector == .plain || recipe.batchSize / groups >= 2, field, groups,
        "a normalized projector needs two of the batch of \(recipe.batchSize) in each group")
    }
    try check.views("views", views, encoder: encoder)
    try check.require(views.sizes.count == 2, "views.sizes", views.sizes, "there must be two views")
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    try SettingCheck(method: Self.name).fits(image, at: index, "views", views)
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> MoCoLearner {
    func network() -> EmbeddingNetwork<Float> {
      EmbeddingNetwork(blueprint, key: key) { makeProjector(inputFeatures: $0, using: &$1) }
    }
    let online = network()
    var rows = key.stream(for: .queue).generator
    return MoCoLearner(
      online, TargetNetwork(following: online, copy: network(), statistics: targetStatistics),
      EmbeddingQueue(length: queueLength, features: embeddingSize, randomUsing: &rows))
  }

  private func makeProjector(inputFeatures: Int, using generator: inout PhiloxGenerator) -> any Layer<Float> {
    let hidden = hiddenFeatures ?? inputFeatures
    switch projector {
    case .plain:
      return ProjectionHead<Float>(
        inputFeatures: inputFeatures, hiddenFeatures: hidden, outputFeatures: embeddingSize, using: &generator
      )
    case .normalized(let layers):
      return PerceptronHead<Float>(
        inputFeatures: inputFeatures, .moCoV3(layers: layers, hidden: hidden, output: embeddingSize),
        using: &generator)
    }
  }

  public func objectives(of learner: MoCoLearner) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    views.views(of: images, key: key)
  }

  public func evaluate(
    _ learner: MoCoLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let queries = try learner.online.embeddings(
      of: Variable(views[0]), groups: BatchGroups(queryGroups, moment.ranks, for: Self.name, "queryGroups"))
    let keys = learner.keys(
      of: views[1], groups: try BatchGroups(keyGroups, moment.ranks, for: Self.name, "keyGroups"),
      key: moment.key.stream(for: .shuffle))
    let negatives = learner.queue.rows.value
    learner.collect(moment.ranks.gather(keys), part: moment.part)
    let (loss, accuracy) = InfoNCELoss(temperature: temperature).evaluate(
      queries: queries, keys: Variable(keys), negatives: Variable(negatives))
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)),
        LossTerm("accuracy", accuracy),
        LossTerm("spread", embeddingSpread(queries.value, across: moment.ranks)),
      ])
  }

  public func didUpdate(_ learner: MoCoLearner, at moment: TrainingMoment) throws {
    learner.target.follow(learner.online, momentum: momentum)
    try learner.enqueueCollected()
  }
}
