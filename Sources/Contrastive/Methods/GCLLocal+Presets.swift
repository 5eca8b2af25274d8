import NN

extension GCLLocal: PublishedMethod {
  public static var summary: String {
    "neighbouring regions of an image are told apart, by the decoder on a frozen encoder"
  }
  public static var source: String { "Chaitanya et al., NeurIPS 2020" }

  /// The released numbers of GCL's second stage.
  public static var original: GCLLocal { GCLLocal() }

  /// With the optimiser and the length of the group behind SuperCL: images of 512, 16 a step for 100 epochs, SGD at .01, decay
  /// 1e-5, T of .1. Inferred: the group ran no local stage, as far as its number of parameters tells.
  public static func groupProtocol(imageCount: Int) -> GCLLocal {
    var method = GCLLocal()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    method.imageSize = 512
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 8 images of 64, two decoder stages (maps of 16), rows of 64.
  public static var small: GCLLocal {
    var method = GCLLocal(decoderStages: 2)
    method.recipe = TrainingRecipe(steps: 300, batchSize: 8)
    (method.imageSize, method.embeddingSize) = (64, 64)
    return method
  }
}
