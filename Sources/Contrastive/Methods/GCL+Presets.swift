import NN
public import Tensor

extension MultiCrop {
  /// GCL's window of 100 pixels of images of 192, resized, with brightness and contrast of .7...1.3 each time, never mirrored.
  public static let gcl = MultiCrop(
    [Crops(count: 1, size: 192, area: 0.271...0.272, ratio: 1...1)], mirrorProbability: 0,
    intensity: IntensityJitter(
      brightness: 0.7...1.3, contrast: 0.7...1.3, probability: 1, blurProbability: 0))
}

extension GCL: PublishedMethod {
  public static var summary: String { "the same part of two volumes belongs together, other parts do not" }
  public static var source: String { "Chaitanya et al., NeurIPS 2020" }

  /// The released numbers of GCL's first stage; G^D by the formula.
  public static var original: GCL { GCL() }

  /// With the optimiser, the length and the views of the group behind SuperCL: their views of 512 pixels, 16 images a step for
  /// 100 epochs, SGD at .01, decay 1e-5, T of .1. Inferred from the number of parameters that they report, what they ran as
  /// GCL is not this but PCL with the parts as labels: `PCL.groupProtocol(imageCount:)` with `positives = .parts(4)`.
  public static func groupProtocol(imageCount: Int) -> GCL {
    var method = GCL()
    method.recipe = TrainingRecipe(steps: 100 * imageCount / 16, batchSize: 16)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    method.views = .varied(VariedViews(count: 1))
    return method
  }

  /// For a few dozen slices of at least two volumes, our own choice: 300 steps of 8 (two volumes), windows of half the side
  /// or more, resized to 64, a projector of 128 and 64.
  public static var small: GCL {
    var method = GCL()
    method.recipe = TrainingRecipe(steps: 300, batchSize: 8)
    (method.hiddenFeatures, method.embeddingSize) = (128, 64)
    method.views = .crops(
      MultiCrop(
        [.init(count: 1, size: 64, area: 0.25...1)], mirrorProbability: 0, intensity: MultiCrop.gcl.intensity)
    )
    return method
  }

  /// The resized images and their augmentations, both in the order of the batch.
  public func pictures(of views: Tensor<Float>) -> [ViewPictures] {
    if pairs == .withinVolume {
      return zip(["image", "augmentation 1", "augmentation 2"], views.split(along: 0, count: 3)).map {
        ViewPictures(name: $0, images: $1)
      }
    }
    let blocks = views.split(along: 0, count: views.shape[0] / parts)
    return ["image", "augmentation"].enumerated().map { first, name in
      let own = stride(from: first, to: blocks.count, by: 2).map { blocks[$0] }
      return ViewPictures(name: name, images: Tensor(concatenating: own, along: 0))
    }
  }
}
