import NN

extension SimCLR: PublishedMethod {
  public static var summary: String {
    "an image is told from the others of its batch, under both of its views"
  }
  public static var source: String { "Chen et al., ICML 2020; v2: Chen et al., NeurIPS 2020" }

  /// The numbers of the released code, with views for grey slices.
  public static var original: SimCLR { SimCLR() }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5, T of .1, and a projector of two linear layers as wide as the encoder, which their table of
  /// parameters tells (inferred).
  public static func groupProtocol(imageCount: Int) -> SimCLR {
    var method = SimCLR()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    method.projector = .plain
    method.embeddingSize = 512
    method.views = .varied(VariedViews())
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 8 by SGD at .05, T of .5 (at .2 the loss of so
  /// few slices, many of them alike, did not fall), crops of 64 with MoCo's changes of intensity.
  public static var small: SimCLR {
    var method = SimCLR(temperature: 0.5)
    method.recipe = TrainingRecipe(steps: 300, batchSize: 8)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4, decayed: .weights)
    method.views = .crops(MultiCrop([.init(count: 2, size: 64, area: 0.2...1)], intensity: .moCo))
    return method
  }
}
