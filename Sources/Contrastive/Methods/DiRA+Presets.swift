import NN

extension DiRA: PublishedMethod {
  public static var summary: String {
    "images are told apart, restored from distortions, and judged by an adversary"
  }
  public static var source: String { "Haghighi et al., CVPR 2022" }

  /// The released numbers of DiRA's second stage, with views for grey slices; the first is
  /// ``originalFirstStage``.
  public static var original: DiRA { DiRA() }

  /// The released numbers of DiRA's first stage: no adversary, up to 1200 epochs of 256 images a step.
  public static var originalFirstStage: DiRA {
    var method = DiRA(adversary: nil)
    method.recipe = TrainingRecipe(steps: 353_025, batchSize: 256)
    (method.queryGroups, method.keyGroups) = (8, 8)
    return method
  }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5, T of .1. Inferred: the adversary (their options have both), the queue of 1024, a projector as wide as
  /// the encoder, two norm groups; their views change no intensity, so that the distortion alone is restored.
  public static func groupProtocol(imageCount: Int) -> DiRA {
    var method = DiRA()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    (method.temperature, method.queueLength) = (0.1, 1024)
    (method.queryGroups, method.keyGroups) = (2, 2)
    method.views = .varied(VariedViews())
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 16 by SGD at .003, v3's projector and T of .5 as in MoCo's, a queue
  /// of 32, an average that is quick enough for so few steps, one norm group, crops of 64 of half the area or more, a
  /// discriminator of 16, 32 and 64 channels.
  public static var small: DiRA {
    var method = DiRA()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.003, weightDecay: 1e-4)
    method.projector = .normalized(layers: 2)
    (method.queueLength, method.temperature, method.momentum) = (32, 0.5, 0.99)
    (method.queryGroups, method.keyGroups) = (1, 1)
    method.adversary?.widths = [16, 32, 64]
    method.views = .crops(MultiCrop([.init(count: 2, size: 64, area: 0.5...1)], intensity: .moCo))
    return method
  }

  public func pictures(of views: DiRAViews) -> [ViewPictures] {
    views.distorted.enumerated().map {
      ViewPictures(name: "distorted view \($0.offset + 1)", images: $0.element)
    }
      + [ViewPictures(name: "original of view 1", images: views.original)]
  }
}
