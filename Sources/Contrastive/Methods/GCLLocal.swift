import Autograd
public import NN
public import Tensor

/// Local contrastive learning (GCL, second stage): the deepest stages of a U-Net's decoder learn to tell neighbouring regions
/// of an image apart, on the frozen encoder of the first stage.
///
///     let first = try PretrainingTask(GCL.small, encoder: .unet(width: 32))
///     try TrainingLoop(first, on: slices).run()
///     let second = try PretrainingTask(GCLLocal.small, encoder: .unet(width: 32), startingFrom: first.encoder)
///     try TrainingLoop(second, on: slices).run()
///     try unet.encoder.load(second.encoder.state())
///     try unet.decoder.load(second.learner.decoder.state(), policy: .matching)
///
/// Two versions of an image differ in intensity alone, so that pixels correspond. Of the maps behind l decoder stages and
/// g2, 3 x 3 pixels at 13 places (35 in a volume) become rows; region r of one version attracts r of the other:
///
///     L = mean over images, r and both directions of
///         log( exp(s(r1, r2)) + sum over 5 negatives n of r of [ exp(s(r1, n1)) + exp(s(r1, n2)) ] ) - s(r1, r2)
///
/// That is L^R, the default: the denominator has 11 terms, all of the same image. By L^D, ``pairs``, a region attracts the same
/// region of two other volumes, too: ``LocalRegionContrastiveLoss`` and ``LocalRegions``. What it adds to SimCLR: it compares
/// places, not images, and trains the decoder.
///
/// A checkpoint holds the frozen encoder, the decoder stages, the head, and the optimiser's moments.
///
/// Signs of failure: `accuracy` (regions whose twin is nearer than all negatives) near 1 at once: the versions are too alike;
/// `spread` near 0 is collapse, and the loss then ln 11 = 2.40. A random encoder trains here without complaint: start from the
/// first stage's.
///
/// Sources: Chaitanya et al., NeurIPS 2020, and its released code, whose numbers the defaults are. There the frozen
/// encoder normalises by the batch and goes on updating its statistics; here it is in evaluation mode and keeps every bit.
public struct GCLLocal: PretrainingMethod {
  public static let name = "GCL local"

  /// 10,001 steps of 12 images.
  public var recipe = TrainingRecipe(steps: 10_001, batchSize: 12)
  /// Adam at a constant 1e-3.
  public var optimization = OptimizerRecipe(.adam(), rate: 1e-3, finalRate: 1e-3)
  /// T: .1.
  public var temperature = 0.1
  /// Which regions attract: L^R.
  public var pairs = LocalPairs.withinImage
  /// S of L^D: 4. L^R has no parts.
  public var parts = 4
  /// K, the negatives of a region, the first of those that ``LocalRegions`` names: 5, of L^D 4.
  public var negativeCount = 5
  /// l: 3. Of the paper's five stages that is up to 1/4 of the image, of the four of this U-Net up to 1/2.
  public var decoderStages = 3
  /// Length of a region's row: 128.
  public var embeddingSize = 128
  /// Side of the square that images are resized to, from the largest square in the middle: 192.
  public var imageSize = 192
  /// How the two versions of an image differ: brightness and contrast.
  public var intensity = IntensityJitter(
    brightness: 0.7...1.3, contrast: 0.7...1.3, probability: 1, blurProbability: 0)

  /// The local stage with its released numbers, but for what is given.
  public init(decoderStages: Int = 3, pairs: LocalPairs = .withinImage) {
    (self.decoderStages, self.pairs) = (decoderStages, pairs)
    if pairs == .acrossVolumes { negativeCount = 4 }
  }

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> GCLLocal {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.positive("temperature", temperature)
    try check.positive("embeddingSize", embeddingSize)
    try check.positive("imageSize", imageSize)
    try check.halving(encoder, for: "its decoder")
    try check.require(
      (1..<encoder.levels.count).contains(decoderStages), "decoderStages", decoderStages,
      "must be some of the \(encoder.levels.count - 1) of the encoder's decoder")
    try intensity.validate(check, "intensity")
    try check.require(
      (1...LocalRegions.negativeCount).contains(negativeCount), "negativeCount", negativeCount,
      "must be in 1...\(LocalRegions.negativeCount)")
    if pairs == .acrossVolumes {
      try check.positive("parts", parts)
      try check.wholeVolumes(recipe, together: 3 * parts, "three volumes")
    }
    let crop = MultiCrop([.init(count: 2, size: imageSize, area: 1...1)], intensity: intensity)
    try check.views("imageSize", .crops(crop), encoder: encoder)
    let mapSide = imageSize >> (encoder.levels.count - 1 - decoderStages)
    try check.require(
      mapSide >= LocalRegions.leastMapSide, "decoderStages", decoderStages,
      "regions need a map of \(LocalRegions.leastMapSide) pixels a side, not \(mapSide)")
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    if pairs == .acrossVolumes { _ = try SettingCheck(method: Self.name).placed(image, at: index) }
  }

  /// By L^D one random slice of each part of some volumes, a ``VolumePartSampler``.
  public func sampler(over images: some Dataset<PretrainingImage>) throws -> (any Sampler)? {
    guard pairs == .acrossVolumes else { return nil }
    return try VolumePartSampler(
      images, parts: parts, volumesPerBatch: recipe.batchSize / parts, seed: recipe.seed, for: Self.name)
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> GCLLocalLearner {
    var (weights, head) = (key.generator, key.stream(for: .decoder).generator)
    return GCLLocalLearner(
      encoder: blueprint.makeEncoder(using: &weights), decoderStages: decoderStages,
      embeddingSize: embeddingSize, using: &head)
  }

  public func objectives(of learner: GCLLocalLearner) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    if pairs == .acrossVolumes {
      try SettingCheck(method: Self.name).isInOrder(images, parts: parts, together: 3 * parts)
    }
    let made = Parallel.map(Array(images.enumerated())) { place, image in
      var generator = key.at(place: place).generator
      let middle = MultiCrop.middle(of: image.image, size: imageSize)
      return (0..<2).map { _ in intensity(middle, using: &generator) }
    }
    return (0..<2).map { version in Tensor(stacking: made.map { $0[version] }) }
  }

  public func evaluate(
    _ learner: GCLLocalLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let rows = learner.regions(of: Variable(Tensor(concatenating: views, along: 0))).split(along: 0, count: 2)
    let negatives = learner.regions.negatives.map { Array($0.prefix(negativeCount)) }
    let local = LocalRegionContrastiveLoss(temperature: temperature)
    let loss =
      switch pairs {
      case .withinImage: local(rows[0], rows[1], negatives: negatives)
      case .acrossVolumes:
        local.acrossVolumes(
          rows[0].gathered(across: moment.ranks), rows[1].gathered(across: moment.ranks), parts: parts,
          negatives: negatives)
      }
    let all = Tensor(concatenating: rows.map(\.value), along: 0)
    return StepOutcome(
      loss: loss,
      terms: [
        LossTerm("loss", Double(loss.item)),
        LossTerm("accuracy", learner.regions.accuracy(rows[0].value, rows[1].value)),
        LossTerm("spread", embeddingSpread(all.reshaped([-1, all.shape[2]]), across: moment.ranks)),
      ])
  }
}
