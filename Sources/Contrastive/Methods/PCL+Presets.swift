import NN

extension PCL: PublishedMethod {
  public static var summary: String { "slices at about the same place of their volumes belong together" }
  public static var source: String { "Zeng et al., MICCAI 2021" }

  /// The released numbers of PCL for CHD.
  public static var original: PCL { PCL() }

  /// As the group behind SuperCL ran its compared methods: their views of 512 pixels, 16 images a step for 100 epochs, SGD
  /// at .01, decay 1e-5, T of .1. Inferred: the threshold of .1 for all sets, and the factor T / T0 as in their own code.
  public static func groupProtocol(imageCount: Int) -> PCL {
    var method = PCL()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 8 by SGD at .003, slices less than .05 of the volume apart as
  /// positives, no factor, crops of 64 with changes of intensity, without which so few slices are told apart at once. At .03
  /// and above the projector, which has no norm, collapsed; with .1 half of the spread was left.
  public static var small: PCL {
    var method = PCL()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 8)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.003, weightDecay: 1e-5)
    method.baseTemperature = nil
    method.positives = .position(threshold: 0.05)
    method.views = .crops(MultiCrop([.init(count: 2, size: 64, area: 0.2...1)], intensity: .moCo))
    return method
  }

  public func pictures(of views: PlacedViews) -> [ViewPictures] {
    views.images.enumerated().map { ViewPictures(name: "view \($0.offset + 1)", images: $0.element) }
  }
}
