import Autograd
public import NN
public import Tensor

extension DiRA {
  func validate(_ check: SettingCheck, _ encoder: EncoderDescription) throws {
    do {
      _ = try contrast.fitted(to: encoder)
    } catch let error as PretrainingError {
      guard case .badSetting(_, let field, let value, let reason) = error.code else { throw error }
      throw PretrainingError.badSetting(method: check.method, field: field, value: value, reason: reason)
    }
    try check.require(
      encoder.spatialAxes == 2, "encoder", "\(encoder.spatialAxes) spatial axes",
      "its distortion is made of slices [height, width, channels]")
    try check.halving(encoder, for: "the decoder")
    for (field, weight) in [
      ("contrastiveWeight", weights.contrastiveWeight), ("restorationWeight", weights.restorationWeight),
      ("adversarialWeight", weights.adversarialWeight),
    ] { try check.notNegative("weights.\(field)", weight) }
    try distortion.validate(check, "distortion")
    guard let adversary else { return }
    try adversary.optimization.validate(check, "adversary.optimization")
    try check.require(
      adversary.widths.count >= 2 && adversary.widths.allSatisfy { $0 >= 1 }, "adversary.widths",
      adversary.widths, "must be two or more positive numbers of channels")
    // Each stride of 2 halves, rounding up; instance norm needs two pixels.
    for size in views.sizes {
      let last = size.map { side in (1..<adversary.widths.count).reduce(side) { half, _ in (half + 1) / 2 } }
      try check.require(
        last.reduce(1, *) > 1, "adversary.widths", adversary.widths,
        "views of \(size) shrink to one pixel, which has no statistics")
    }
  }

  /// Two views, distorted, and the original of the first: the slice scaled to 0...1 by its own least and greatest value,
  /// because a sigmoid gives no others; a constant slice becomes 0.
  public func views(of images: [PretrainingImage], key: RandomKey) throws -> DiRAViews {
    let made = Parallel.map(Array(images.enumerated())) { place, image in
      var generator = key.at(place: place).generator
      let stages = views.stages(of: image.image, using: &generator)
      let (least, most) = (image.image.min().item, image.image.max().item)
      let distorted = stages.map { distortion($0.view, black: least, using: &generator) }
      let original = target == .mirroredWithView ? stages[0].moved : stages[0].cut
      let span = most - least
      let scaled = span > 0 ? ((original - least) / span).clamped(to: 0...1) : Tensor(zeros: original.shape)
      return (distorted, scaled)
    }
    return DiRAViews(
      distorted: (0..<2).map { view in Tensor(stacking: made.map { $0.0[view] }) },
      original: Tensor(stacking: made.map(\.1)))
  }

  public func evaluate(
    _ learner: DiRALearner, _ views: DiRAViews, at moment: TrainingMoment
  ) throws -> StepOutcome {
    let (queries, restored) = learner.queries(
      of: Variable(views.distorted[0]),
      groups: try BatchGroups(queryGroups, moment.ranks, for: Self.name, "queryGroups"))
    let keys = learner.contrast.keys(
      of: views.distorted[1], groups: try BatchGroups(keyGroups, moment.ranks, for: Self.name, "keyGroups"),
      key: moment.key.stream(for: .shuffle))
    let negatives = learner.contrast.queue.rows.value
    learner.contrast.collect(moment.ranks.gather(keys), part: moment.part)
    let contrast = InfoNCELoss(temperature: temperature)(
      queries: queries, keys: Variable(keys), negatives: Variable(negatives))
    let generator = weights.generator(
      contrast: contrast, restored: restored, original: views.original,
      judged: learner.discriminator.map { $0(restored) })
    let own = (queries.value * keys).sum(along: 1)
    let nearest = queries.value.matmul(negatives, transposing: .right).max(along: 1)
    var terms = [
      LossTerm("loss", Double(generator.loss.item)), LossTerm("contrast", Double(contrast.item)),
      LossTerm("restoration", Double(generator.error.item)),
      LossTerm("accuracy", Double(Tensor<Float>(mask: own .> nearest).mean().item)),
      LossTerm("spread", embeddingSpread(queries.value, across: moment.ranks)),
    ]
    guard let judge = learner.discriminator, let adversarial = generator.adversarial else {
      return StepOutcome(loss: generator.loss, terms: terms)
    }
    let discriminator = weights.discriminator(
      real: judge(Variable(views.original)), restored: judge(restored.detached()))
    terms += [
      LossTerm("adversarial", Double(adversarial.item)),
      LossTerm("discriminator", Double(discriminator.item)),
    ]
    return StepOutcome(losses: [generator.loss, discriminator], terms: terms)
  }

  public func didUpdate(_ learner: DiRALearner, at moment: TrainingMoment) throws {
    learner.contrast.target.follow(learner.contrast.online, momentum: momentum)
    try learner.contrast.enqueueCollected()
  }
}
