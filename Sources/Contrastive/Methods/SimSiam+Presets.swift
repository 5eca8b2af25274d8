import NN

extension SimSiam: PublishedMethod {
  public static var summary: String {
    "one view predicts the other, whose branch is held; no negatives, no average"
  }
  public static var source: String { "Chen and He, CVPR 2021" }

  /// The released numbers of SimSiam, with views for grey slices.
  public static var original: SimSiam { SimSiam() }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5; a projector of two layers of 512 and a predictor 512-128-512, which their table of parameters tells.
  /// Inferred: the norms of the original. Their U-Net's center has none, so that the heads must have them.
  public static func groupProtocol(imageCount: Int) -> SimSiam {
    var method = SimSiam()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    (method.projectorLayers, method.predictorFeatures, method.embeddingSize) = (2, 128, 512)
    method.views = .varied(VariedViews())
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 8 by SGD at .05, projections of 64, a predictor of 16, crops of 64.
  public static var small: SimSiam {
    var method = SimSiam()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 8)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4)
    (method.predictorFeatures, method.embeddingSize) = (16, 64)
    method.views = .crops(MultiCrop([.init(count: 2, size: 64, area: 0.2...1)], intensity: .moCo))
    return method
  }
}
