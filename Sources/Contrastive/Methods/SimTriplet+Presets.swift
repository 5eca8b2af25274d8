import NN

extension SimTriplet: PublishedMethod {
  public static var summary: String {
    "a view predicts another of its slice, and one of the neighbouring slice"
  }
  public static var source: String { "Liu et al., MICCAI 2021" }

  /// The released heads with SimSiam's optimiser, with views for grey slices.
  public static var original: SimTriplet { SimTriplet() }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5; a projector of two layers of 512 and a predictor 512-128-512, which their table of parameters tells.
  /// Inferred: the norms of the original, and neighbours in the volume.
  public static func groupProtocol(imageCount: Int) -> SimTriplet {
    var method = SimTriplet()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    (method.projectorLayers, method.embeddingSize, method.predictorFeatures) = (2, 512, 128)
    method.view = .varied(VariedViews(count: 1))
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 8 by SGD at .05, projections of 64, a predictor of 16, crops of 64.
  public static var small: SimTriplet {
    var method = SimTriplet()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 8)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4)
    (method.embeddingSize, method.predictorFeatures) = (64, 16)
    method.view = .crops(MultiCrop([.init(count: 1, size: 64, area: 0.2...1)], intensity: .moCo))
    return method
  }
}
