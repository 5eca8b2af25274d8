import NN

extension WCL: PublishedMethod {
  public static var summary: String { "images that the other view finds alike belong together" }
  public static var source: String { "Zheng et al., ICCV 2021" }

  /// The released numbers of WCL, with views for grey slices.
  public static var original: WCL { WCL() }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5, T of .1. Inferred: heads of 512, 512 and 128 features, and weak labels by the graph (their options
  /// have them by position, too, which is ``PCL``).
  public static func groupProtocol(imageCount: Int) -> WCL {
    var method = WCL()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    (method.hiddenFeatures, method.embeddingSize) = (512, 128)
    method.views = .varied(VariedViews())
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 16 by Adam at 1e-3 (SGD left the embeddings half as spread), heads of
  /// 128 and 64, a graph weight of .5, crops of 64. With 8 images the components are one half of the batch each, with 16 about a fourth.
  public static var small: WCL {
    var method = WCL()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 16)
    method.optimization = OptimizerRecipe(.adam(), rate: 1e-3, weightDecay: 1e-5)
    method.graphWeight = 0.5
    (method.hiddenFeatures, method.embeddingSize) = (128, 64)
    method.views = .crops(MultiCrop([.init(count: 2, size: 64, area: 0.2...1)], intensity: .moCo))
    return method
  }
}
