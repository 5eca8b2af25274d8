import Autograd
public import NN
public import Tensor

/// Discriminative, restorative and adversarial learning (DiRA) on momentum contrast: views are distorted, a decoder restores the
/// first, and a discriminator tells restored images from real ones.
///
/// With MoCo's loss of both views, the restored first view r, its original x in 0...1 and the discriminator's map D:
///
///     L_G = w1 L_MoCo + w2 mean (r - x)^2 + w3 mean (D(r) - 1)^2            moves encoder, projector and decoder
///     L_D = 1/2 [ mean (D(x) - 1)^2 + mean D(stopped r)^2 ]                 moves the discriminator
///
/// L_MoCo has 1 + K terms in its denominator, as in ``MoCo``; the other terms have none. What it adds to MoCo: the encoder keeps
/// what restoring needs, not only what tells images apart. With ``adversary`` of `nil` this is the authors' first stage ("dir");
/// they go on from it with the adversary (``init(adversary:)``), loading the first learner's state by `policy: .matching`.
///
/// A checkpoint holds what MoCo's does, the decoder, the discriminator, and the moments of both optimisers. The average of the
/// decoder, which the released code keeps and never uses, is not kept.
///
/// Signs of failure: `restoration` (the mean squared error) must fall; where it stays at the variance of the images the decoder
/// gives their mean. `discriminator` near 0 has won and says nothing to the generator; .25 is a draw. Of the contrastive part see
/// ``MoCo``: `accuracy`, `spread`. The loss itself, a sum of terms that rise and fall, shows little.
///
/// Sources: Haghighi et al., CVPR 2022, and its released code, whose numbers the defaults are: those of the second stage.
public struct DiRA: PretrainingMethod {
  public static let name = "DiRA"

  /// 400 epochs of 75,312 images, 16 in a batch; the first stage has up to 1200 epochs of 256 in a batch.
  public var recipe = TrainingRecipe(steps: 1_882_800, batchSize: 16)
  /// SGD with momentum .9, decay 1e-4, .03 on a cosine to 0. The code lowers the rate once an epoch, this every step.
  public var optimization = OptimizerRecipe(.sgd(), rate: 0.03, weightDecay: 1e-4)
  /// w1, w2, w3: 1, 10, .001.
  public var weights = RestorationLoss()
  /// The discriminator; `nil` for the authors' first stage.
  public var adversary: Adversary? = Adversary()
  /// T: .2.
  public var temperature = 0.2
  /// K: 65,536; a multiple of the images of an update.
  public var queueLength = 65_536
  /// m of the moving average: .999.
  public var momentum = 0.999
  /// The head that the contrastive part sees: MoCo v2's, without norm.
  public var projector = MoCo.Projector.plain
  /// Width of the projector between its linear layers; that of the encoder's deepest level where `nil`.
  public var hiddenFeatures: Int?
  /// Length of an embedding: 128.
  public var embeddingSize = 128
  /// Groups of queries that norm layers see apart: 4. The number of graphics cards, which these groups stand for, is not known
  /// of the second stage.
  public var queryGroups = 4
  /// Groups of keys, shuffled beforehand; see ``MoCo/keyGroups``: 4.
  public var keyGroups = 4
  /// Two crops of 224 with jitter and blur; colour is left out.
  public var views = ViewRecipe.crops(.moCo)
  /// What is done to both views.
  public var distortion = Distortion()
  /// Whether the original is mirrored with its view: it is.
  public var target = RestorationTarget.mirroredWithView

  /// The discriminator and how it is moved.
  public struct Adversary: Sendable, Hashable, Codable {
    /// Adam with betas .5 and .999 at a constant 2e-4.
    public var optimization = OptimizerRecipe(.adam(beta1: 0.5), rate: 2e-4, finalRate: 2e-4)
    /// Channels behind each convolution but the last: 64, 128, 256, 512.
    public var widths = [64, 128, 256, 512]
    /// The released discriminator.
    public init() {}
  }

  /// The second stage with its released numbers, or the first: `DiRA(adversary: nil)`.
  public init(adversary: Adversary? = Adversary()) { self.adversary = adversary }

  public var optimizer: OptimizerSettings { optimization.settings(steps: recipe.steps) }

  public func fitted(to encoder: EncoderDescription) throws -> DiRA {
    try validate(SettingCheck(method: Self.name), encoder)
    return self
  }

  public func check(_ image: PretrainingImage, at index: Int) throws {
    try SettingCheck(method: Self.name).fits(image, at: index, "views", views)
  }

  public func makeLearner(_ blueprint: EncoderBlueprint, key: RandomKey) -> DiRALearner {
    // The contrastive part begins where MoCo does at the same seed.
    let contrast = contrast.makeLearner(blueprint, key: key)
    let encoder = contrast.encoder.encoderDescription
    var decoder = key.stream(for: .decoder).generator
    var judge = key.stream(for: .discriminator).generator
    let discriminator = adversary.map { adversary in
      Self.discriminator(of: encoder, widths: adversary.widths, using: &judge)
    }
    return DiRALearner(contrast, RestorationDecoder(for: encoder, using: &decoder), discriminator)
  }

  private static func discriminator(
    of encoder: EncoderDescription, widths: [Int], using generator: inout some RandomNumberGenerator
  ) -> any Layer<Float> {
    encoder.spatialAxes == 2
      ? PatchDiscriminator<Float>(inputChannels: encoder.inputChannels, widths: widths, using: &generator)
      : PatchDiscriminator3D<Float>(inputChannels: encoder.inputChannels, widths: widths, using: &generator)
  }

  /// The contrastive part as a method.
  var contrast: MoCo {
    var method = MoCo(queueLength: queueLength, temperature: temperature, momentum: momentum)
    (method.recipe, method.optimization, method.views) = (recipe, optimization, views)
    method.projector = projector
    (method.hiddenFeatures, method.embeddingSize) = (hiddenFeatures, embeddingSize)
    (method.queryGroups, method.keyGroups) = (queryGroups, keyGroups)
    return method
  }

  public func objectives(of learner: DiRALearner) -> [Objective] {
    let trained = learner.namedParameters.filter { !$0.parameter.isFrozen }
    let isAdversary = { (name: String) in name.hasPrefix("discriminator.") }
    let generator = Objective(
      name: "generator", optimization.groups(of: trained.filter { !isAdversary($0.name) }), optimizer)
    guard let adversary else { return [generator] }
    return [
      generator,
      Objective(
        name: "discriminator", adversary.optimization.groups(of: trained.filter { isAdversary($0.name) }),
        adversary.optimization.settings(steps: recipe.steps)),
    ]
  }
}
