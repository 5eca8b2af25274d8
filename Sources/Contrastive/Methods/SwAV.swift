import Autograd
public import NN
public import Tensor

/// Swapping assignments between views (SwAV): the code of one large crop against learned prototypes is predicted from every
/// other crop of the image.
///
/// With unit embeddings z of all V crops, prototypes c (K rows of length 1) and scores `S = z.c`:
///
///     L = 1/|A| sum over a in A of 1/(V - 1) sum over v != a of mean over b of -sum over k of q^a_bk log softmax_k(S^v_b / T)
///
/// A is the first ``assignedCrops``; the softmax's denominator runs over the K prototypes; the codes q come from `Sinkhorn`
/// without gradient, over the batch and, once full, the queue's embeddings of the same crop. There are no negatives.
/// Prototypes take no step while frozen; behind every other update their rows are brought back to length 1.
///
/// A checkpoint holds network, prototypes, queues with their place, and the optimiser's moments.
///
/// Signs of failure: a loss stuck at ln K, with `prototypes` (how many are the first choice of some image) at 1 or `spread` at
/// 0, is collapse: epsilon .03, a longer freeze, fewer crops, a projector without norm. A loss that jumps when the queue
/// sets in: it began too early or is too long. K beyond the rows of batch and queue gives no equal partition, and a warning with every
/// such step: about ten times the expected classes. One image is refused: its codes are 1 / K whatever its scores.
///
/// Sources: Caron et al., NeurIPS 2020, and its released code for batches of 256, whose numbers the defaults are.
public struct SwAV: PretrainingMethod {
  public static let name = "SwAV"

  /// 200 epochs of 1,281,167 images, 256 in a batch.
  public var recipe = TrainingRecipe(steps: 1_000_800, batchSize: 256)
  /// LARC with momentum .9, decay 1e-6, .6 on a cosine to .0006.
  public var optimization = OptimizerRecipe(.larc(), rate: 0.6, finalRate: 0.0006, weightDecay: 1e-6)
  /// T: .1.
  public var temperature = 0.1
  /// Codes: epsilon .05, three rounds.
  public var sinkhorn = Sinkhorn()
  /// K: 3000.
  public var prototypeCount = 3000
  /// Updates at the start that leave the prototypes alone: 5005, an epoch.
  public var frozenSteps = 5005
  /// Earlier embeddings for the codes: 3840 of each assigned crop, from epoch 15; `nil` for none, as for batches of 4096.
  public var queue: Queue? = Queue(length: 3840, startStep: 75_060)
  /// The first crops, those that have codes: 2.
  public var assignedCrops = 2
  /// Width of the projector between its linear layers: 2048.
  public var hiddenFeatures = 2048
  /// Length of an embedding: 128.
  public var embeddingSize = 128
  /// Two crops of 224 and six of 96, with jitter and blur; colour is left out.
  public var views = ViewRecipe.crops(.swAV)

  /// Earlier embeddings that share in the codes.
  public struct Queue: Sendable, Hashable, Codable {
    /// Embeddings of each assigned crop; a multiple of the images of an update.
    public var length: Int
    /// The step from which embeddings are put in; they are used once the queue is full.
    public var startStep: Int

    /// A queue that begins at a step.
    public init(length: Int, startStep: Int) {
      self.length = length
      self.startStep = startStep
    }
  }

  /// SwAV with its released numbers for batches of 256.
  public init() {}

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> SwAV {
    try validate(SettingCheck(method: Self.name), encoder)
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    try SettingCheck(method: Self.name).fits(image, at: index, "views", views)
  }

  public func sampler(over images: some Dataset<PretrainingImage>) throws -> (any Sampler)? {
    try SettingCheck(method: Self.name).pairs(recipe, imageCount: images.count)
    return nil
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> SwAVLearner {
    let network = EmbeddingNetwork(blueprint, key: key) {
      PerceptronHead<Float>(
        inputFeatures: $0, .swAV(hidden: hiddenFeatures, output: embeddingSize), using: &$1)
    }
    var rows = key.stream(for: .prototypes).generator
    return SwAVLearner(
      network,
      Prototypes(count: prototypeCount, features: embeddingSize, using: &rows),
      queue.map { queue in
        (0..<assignedCrops).map { _ in EmbeddingQueue(length: queue.length, features: embeddingSize) }
      } ?? [])
  }

  public func objectives(of learner: SwAVLearner) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    views.views(of: images, key: key)
  }

  public func evaluate(
    _ learner: SwAVLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let embeddings = learner.network.embeddings(of: views.map { Variable($0) })
    let scores = embeddings.map { learner.prototypes.scores(of: $0) }
    // The partition is of all ranks' images; each predicts the codes of its own.
    let codes = (0..<assignedCrops).map { crop in
      sinkhorn.codes(of: moment.ranks.gather(scores[crop].value), queued: learner.queuedScores(of: crop))
    }
    let loss = SwAVLoss(temperature: temperature)(scores, codes: codes.map { moment.ranks.ownRows(of: $0) })
    let queued = queue.map { moment.step >= $0.startStep } ?? false
    learner.collect(
      queued ? embeddings.prefix(assignedCrops).map { moment.ranks.gather($0.value) } : [], part: moment.part)
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)),
        LossTerm("spread", embeddingSpread(embeddings[0].value, across: moment.ranks)),
        LossTerm("prototypes", learner.usedPrototypes(codes)),
      ], warnings: learner.partitionWarnings(batch: codes[0].shape[0]))
  }

  public func willUpdate(_ learner: SwAVLearner, at moment: TrainingMoment) throws {
    if moment.step < frozenSteps { learner.prototypes.hold() }
  }

  public func didUpdate(_ learner: SwAVLearner, at moment: TrainingMoment) throws {
    if moment.step >= frozenSteps { learner.prototypes.normalize() }
    try learner.enqueueCollected()
  }
}
