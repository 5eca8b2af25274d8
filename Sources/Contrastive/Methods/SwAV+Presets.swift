import NN

extension SwAV: PublishedMethod {
  public static var summary: String {
    "the prototype of one crop is predicted from the other crops of its image"
  }
  public static var source: String { "Caron et al., NeurIPS 2020" }

  /// The released numbers of SwAV for batches of 256, with views for grey slices.
  public static var original: SwAV { SwAV() }

  /// As the group behind SuperCL ran its compared methods: two of their views of 512 pixels, 16 images a step for 100
  /// epochs, SGD at .01, decay 1e-5; no queue and 313 frozen steps, as in their options. Inferred: 512 prototypes in place
  /// of 3000, which 16 images cannot share alike, and a projector of 512.
  public static func groupProtocol(imageCount: Int) -> SwAV {
    var method = SwAV()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    method.prototypeCount = 512
    method.frozenSteps = 313
    method.queue = nil
    method.hiddenFeatures = 512
    method.views = .varied(VariedViews())
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 16 by Adam at 3e-4, 16 prototypes with codes of epsilon .02, two crops of
  /// 64, no queue. SGD, small crops, 32 prototypes and epsilon .05 leave such a training at ln K, where equal embeddings stand; with
  /// .03 the seed decides, because the codes of the first embeddings are nearly uniform.
  public static var small: SwAV {
    var method = SwAV()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 16)
    method.optimization = OptimizerRecipe(.adam(), rate: 3e-4, weightDecay: 1e-6)
    method.sinkhorn = Sinkhorn(epsilon: 0.02)
    method.prototypeCount = 16
    method.frozenSteps = 10
    method.queue = nil
    method.hiddenFeatures = 128
    method.views = .crops(MultiCrop([.init(count: 2, size: 64, area: 0.3...1)], intensity: .moCo))
    return method
  }
}
