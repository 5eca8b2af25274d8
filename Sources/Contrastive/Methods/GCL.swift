import Autograd
public import NN
public import Tensor

/// Global contrastive learning of volumes (GCL, first stage): images of corresponding parts of two volumes attract, those of
/// other parts repel. ``GCLLocal`` is the second stage.
///
/// Every volume is cut into S parts along its slices; a batch takes one random slice of each part of m volumes. Of two volumes
/// i and j, with the images x and one augmentation a of each, four pairs of each part attract in both directions:
///
///     L = mean over (x_i, a_i), (x_i, x_j), (x_j, a_j), (a_i, a_j) of l
///     l(p, q) = log( exp(s_pq) + sum over n in other parts than p's of exp(s_pn) ) - s_pq,     s = cos / T
///
/// The denominator has that positive and the images of other parts, of all volumes: ``PartitionContrastiveLoss``, which has the
/// paper's other form, too. What it adds to SimCLR: images of the same part are never negatives, and the same part of another
/// patient is a positive.
///
/// A checkpoint holds encoder and projector, and the optimiser's moments.
///
/// Signs of failure: `spread` near 0 is collapse: L is then ln(1 + rows of other parts), 3.61 for 48 rows of 4 parts; a loss
/// that stays there although spread is high means that volumes are not aligned: their positions show different organs.
///
/// Sources: Chaitanya et al., NeurIPS 2020, and its released code, whose numbers the defaults are. That code flattens the
/// deepest map before the projector, which ties it to one image size; here it is pooled. Brightness is a factor here, a shift
/// of images of 0...1 there. Its loss is ``PartitionPairs/acrossVolumesAsReleased``.
public struct GCL: PretrainingMethod {
  public static let name = "GCL"

  /// 10,001 steps of 24 images: one slice of each of 4 parts of 6 volumes.
  public var recipe = TrainingRecipe(steps: 10_001, batchSize: 24)
  /// Adam at a constant 1e-3.
  public var optimization = OptimizerRecipe(.adam(), rate: 1e-3, finalRate: 1e-3)
  /// T: .1.
  public var temperature = 0.1
  /// S: 4.
  public var parts = 4
  /// Which images attract: G^D.
  public var pairs = PartitionPairs.acrossVolumes
  /// Width of the projector between its linear layers, which have no biases: 1024.
  public var hiddenFeatures = 1024
  /// Length of an embedding: 128.
  public var embeddingSize = 128
  /// The augmentations of an image: windows of 100 pixels of 192, resized, with other brightness and contrast. The image
  /// itself is the largest square from its middle, resized alike.
  public var views = ViewRecipe.crops(.gcl)

  /// GCL with its released numbers, but for what is given.
  public init(pairs: PartitionPairs = .acrossVolumes, parts: Int = 4) {
    self.pairs = pairs
    self.parts = parts
  }

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  /// Slices that a term of the loss needs: those of one volume or of two.
  private var slicesTogether: Int { pairs == .withinVolume ? parts : 2 * parts }

  public func fitted(to encoder: EncoderDescription) throws -> GCL {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.positive("temperature", temperature)
    try check.require(parts >= 2, "parts", parts, "there must be other parts to repel: at least 2")
    try check.wholeVolumes(
      recipe, together: slicesTogether, pairs == .withinVolume ? "a volume" : "two volumes")
    try check.positive("hiddenFeatures", hiddenFeatures)
    try check.positive("embeddingSize", embeddingSize)
    try check.views("views", views, encoder: encoder)
    try check.require(
      views.sizes.count == pairs.augmentations, "views.sizes", views.sizes,
      "there must be \(pairs.augmentations), the augmentations that \(pairs.rawValue) takes")
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    let check = SettingCheck(method: Self.name)
    try check.fits(image, at: index, "views", views)
    _ = try check.placed(image, at: index)
  }

  /// One random slice of each part of some volumes, a ``VolumePartSampler``.
  public func sampler(over images: some Dataset<PretrainingImage>) throws -> (any Sampler)? {
    try VolumePartSampler(
      images, parts: parts, volumesPerBatch: recipe.batchSize / parts, seed: recipe.seed, for: Self.name)
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> EmbeddingNetwork<Float> {
    EmbeddingNetwork(blueprint, key: key) {
      ProjectionHead<Float>(
        inputFeatures: $0, hiddenFeatures: hiddenFeatures, outputFeatures: embeddingSize, bias: .none,
        using: &$1)
    }
  }

  public func objectives(of learner: EmbeddingNetwork<Float>) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  /// The rows of the loss, in its order: images and augmentations `[N, h, w, C]`.
  ///
  /// - Throws: ``PretrainingError``: the images are not one slice of each part of whole volumes, in order.
  public func views(of images: [PretrainingImage], key: RandomKey) throws -> Tensor<Float> {
    try SettingCheck(method: Self.name).isInOrder(images, parts: parts, together: slicesTogether)
    let made = Parallel.map(Array(images.enumerated())) { place, image in
      var generator = key.at(place: place).generator
      return [views.middle(of: image.image)]
        + views(image.image, spacing: image.spacing, using: &generator)
    }
    func blocks(_ version: Int, _ range: Range<Int>) -> [Tensor<Float>] { made[range].map { $0[version] } }
    guard pairs != .withinVolume else {
      return Tensor(stacking: (0..<3).flatMap { blocks($0, 0..<images.count) })
    }
    var rows: [Tensor<Float>] = []
    for first in stride(from: 0, to: images.count, by: 2 * parts) {
      for volume in [first..<first + parts, first + parts..<first + 2 * parts] {
        rows += blocks(0, volume) + blocks(1, volume)
      }
    }
    if pairs == .acrossVolumesAsReleased {
      for row in rows.count - 4 * parts..<rows.count { rows[row] = Tensor(zeros: rows[row].shape) }
    }
    return Tensor(stacking: rows)
  }

  public func evaluate(
    _ learner: EmbeddingNetwork<Float>, _ views: Tensor<Float>, at moment: TrainingMoment
  ) throws -> StepOutcome {
    let rows = learner(Variable(views)).gathered(across: moment.ranks)
    let loss = PartitionContrastiveLoss(temperature: temperature, pairs: pairs)(rows, parts: parts)
    return StepOutcome(
      loss: loss,
      terms: [LossTerm("loss", Double(loss.item)), LossTerm("spread", embeddingSpread(rows.value))])
  }
}
