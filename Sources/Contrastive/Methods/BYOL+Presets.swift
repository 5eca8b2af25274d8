import NN

extension BYOL: PublishedMethod {
  public static var summary: String {
    "one view predicts what a slow copy of the network makes of the other, without negatives"
  }
  public static var source: String { "Grill et al., NeurIPS 2020" }

  /// The released numbers of BYOL for 1000 epochs, with views for grey slices.
  public static var original: BYOL { BYOL() }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5. Inferred: heads of 2048 and 256 features, of which their table of parameters allows more than one, and
  /// the start of m for 100 epochs, .99.
  public static func groupProtocol(imageCount: Int) -> BYOL {
    var method = BYOL()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    method.momentum = TargetMomentum(start: 0.99)
    method.hiddenFeatures = 2048
    method.views = .varied(VariedViews())
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 8 by SGD at .05, an average that is quick enough for so few steps,
  /// heads of 128 and 64, crops of 64.
  public static var small: BYOL {
    var method = BYOL()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 8)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4, decayed: .weights)
    method.momentum = TargetMomentum(start: 0.97)
    (method.hiddenFeatures, method.embeddingSize) = (128, 64)
    method.views = .crops(.byol(size: 64, area: 0.2...1))
    return method
  }
}
