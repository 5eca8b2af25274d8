import NN

extension MoCo: PublishedMethod {
  public static var summary: String {
    "an image is told from a queue of others, which a slow copy of the network has seen"
  }
  public static var source: String { "He et al., CVPR 2020; v2: Chen et al., arXiv 2003.04297" }

  /// The released numbers of MoCo v2, with views for grey slices.
  public static var original: MoCo { MoCo() }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5, T of .1. Inferred: queue of 1024, projector as wide as the encoder, two norm groups.
  public static func groupProtocol(imageCount: Int) -> MoCo {
    var method = MoCo(queueLength: 1024, temperature: 0.1)
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    (method.queryGroups, method.keyGroups) = (2, 2)
    method.views = .varied(VariedViews())
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 16 by Adam at 1e-3, v3's projector (without norms embeddings begin
  /// nearly equal), T of .5, a queue of 32, an average that is quick enough for so few steps, one norm group, crops of 64 of
  /// half the area or more.
  public static var small: MoCo {
    var method = MoCo(queueLength: 32, temperature: 0.5, momentum: 0.99)
    method.projector = .normalized(layers: 2)
    method.recipe = TrainingRecipe(steps: 300, batchSize: 16)
    method.optimization = OptimizerRecipe(.adam(), rate: 1e-3, weightDecay: 1e-4)
    (method.queryGroups, method.keyGroups) = (1, 1)
    method.views = .crops(MultiCrop([.init(count: 2, size: 64, area: 0.5...1)], intensity: .moCo))
    return method
  }
}
