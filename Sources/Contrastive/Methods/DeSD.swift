import Autograd
public import NN
public import Tensor

/// Self-distillation at several depths (DeSD): what a slowly moving teacher makes of one view at its deepest level is the target
/// of every depth of the student on the other view.
///
/// With the teacher's outputs t, a center c of earlier ones, and the student's outputs y of depth d, each of K numbers:
///
///     w = softmax((t - c) / Tt)                                                        without gradient
///     L = 1/D sum over depths d of 1/2 sum over views a of mean over images b of -sum over k of w^a_bk log softmax_k(y^{v,d}_b / Ts)
///
/// with v the other view. The denominators of the softmaxes run over the K outputs; there are no negatives. Both views pass student and
/// teacher together, as in the released code. Behind every update the teacher moves with m, which rises to 1, and the center
/// by its own momentum. The last layers of the heads take no step while frozen. The teacher's encoder is kept.
///
/// A checkpoint holds student with all heads, teacher, center, and the optimiser's moments.
///
/// Signs of failure: a loss stuck at ln K with `entropy` (of the teacher's targets, in nats) at ln K is uniform output: lower
/// Tt to .02, freeze longer, take fewer outputs. `entropy` near 0 with `spread` near 0: one output wins for every image.
///
/// Sources: Ye et al., MICCAI 2022, and its released code, whose script the defaults are. Its networks are of volumes with
/// instance norm; here the encoder is whatever it is given, and views are of slices. The temperature of the teacher rises with
/// every step, there once an epoch.
public struct DeSD: PretrainingMethod {
  public static let name = "DeSD"

  /// 300 epochs, 192 in a batch, of 10,594 scans: the release does not say of how many images (inferred).
  public var recipe = TrainingRecipe(steps: 16_500, batchSize: 192, lastBatch: .dropped)
  /// SGD with momentum .9, decay 1e-6 of weights alone, .225 (.3 for each 256 images), 10 epochs up and a cosine to .048.
  public var optimization = OptimizerRecipe(
    .sgd(), rate: 0.225, finalRate: 0.048, warmUpSteps: 550, weightDecay: 1e-6, decayed: .weights)
  /// Ts: .1.
  public var studentTemperature = 0.1
  /// Tt: from .04 to .07 over 20 epochs.
  public var teacherTemperature = TemperatureRamp(start: 0.04, end: 0.07, steps: 1100)
  /// m of the teacher: .996, rising to 1.
  public var momentum = TargetMomentum(start: 0.996)
  /// The momentum of the center: .9.
  public var centerMomentum = 0.9
  /// D: the deepest levels of the encoder that have a head: 4.
  public var depths = 4
  /// K: 60,000.
  public var outputs = 60_000
  /// Updates at the start that leave the heads' last layers alone: an epoch.
  public var frozenSteps = 55
  /// Width of the heads between their linear layers: 2048.
  public var hiddenFeatures = 2048
  /// What the last layers see: 256 features.
  public var bottleneckFeatures = 256
  /// What the teacher's running norm statistics hold.
  public var teacherStatistics = TargetStatistics.own
  /// Two crops of 96 from one window of the slice; intensities change by noise, blur, brightness, contrast and gamma.
  public var views = ViewRecipe.windowed(.deSD)

  /// DeSD with the numbers of its released script.
  public init() {}

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> DeSD {
    let check = SettingCheck(method: Self.name)
    try check.training(recipe, optimization)
    try check.pairs(recipe)
    try check.positive("studentTemperature", studentTemperature)
    try teacherTemperature.validate(check, "teacherTemperature")
    try momentum.validate(check, "momentum")
    try check.require((0...1).contains(centerMomentum), "centerMomentum", centerMomentum, "must be in 0...1")
    try check.require(
      (1...encoder.levels.count).contains(depths), "depths", depths,
      "must be some of the encoder's \(encoder.levels.count) levels")
    try check.require(frozenSteps >= 0, "frozenSteps", frozenSteps, "must not be negative")
    for (field, value) in [
      ("outputs", outputs), ("hiddenFeatures", hiddenFeatures), ("bottleneckFeatures", bottleneckFeatures),
    ] { try check.positive(field, value) }
    try check.views("views", views, encoder: encoder)
    try check.require(
      views.sizes.count == 2 && views.sizes[0] == views.sizes[1], "views.sizes", views.sizes,
      "there must be two views of one size")
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    try SettingCheck(method: Self.name).fits(image, at: index, "views", views)
  }

  public func sampler(over images: some Dataset<PretrainingImage>) throws -> (any Sampler)? {
    try SettingCheck(method: Self.name).pairs(recipe, imageCount: images.count)
    return nil
  }

  public func objectives(of learner: DeSDLearner) -> [Objective] {
    [optimization.objective(of: learner, steps: recipe.steps)]
  }

  public func views(of images: [PretrainingImage], key: RandomKey) throws -> [Tensor<Float>] {
    views.views(of: images, key: key)
  }

  public func evaluate(
    _ learner: DeSDLearner, _ views: [Tensor<Float>], at moment: TrainingMoment
  ) throws -> StepOutcome {
    let images = Tensor(concatenating: views, along: 0)
    let targets = learner.targets(of: images, temperature: teacherTemperature.value(at: moment.step))
    learner.collect(targets.outputs, across: moment.ranks, part: moment.part)
    let codes = targets.codes.split(along: 0, count: views.count)
    let outputs = learner.outputs(of: Variable(images))
    // The cross-entropy of each view with the targets of the other is SwAV's swapped prediction with two crops.
    let crossEntropy = SwAVLoss(temperature: studentTemperature)
    let losses = outputs.map { crossEntropy($0.split(along: 0, count: views.count), codes: codes) }
    let loss = losses.dropFirst().reduce(losses[0]) { $0 + $1 } / Float(losses.count)
    return StepOutcome(
      loss: loss,
      terms: [LossTerm("loss", Double(loss.item))]
        + losses.enumerated().map { LossTerm("depth \($0.offset + 1)", Double($0.element.item)) } + [
          LossTerm("entropy", targets.entropy),
          LossTerm("spread", embeddingSpread(targets.outputs, across: moment.ranks)),
        ])
  }

  public func willUpdate(_ learner: DeSDLearner, at moment: TrainingMoment) throws {
    if moment.step < frozenSteps { learner.holdLastLayers() }
  }

  public func didUpdate(_ learner: DeSDLearner, at moment: TrainingMoment) throws {
    learner.teacher.follow(learner.student, momentum: momentum.value(at: moment))
    learner.moveCenter(momentum: centerMomentum)
  }
}
