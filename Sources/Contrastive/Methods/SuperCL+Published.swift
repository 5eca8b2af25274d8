import NN
import Superpixel
public import Tensor

extension SuperCL: PublishedMethod {
  public static var summary: String { "superpixels tell which pixels and which images belong together" }
  public static var source: String { "arXiv 2504.14737" }

  /// The method with the numbers of its released code: ``init()``. What that code does otherwise than the method says is
  /// ``asReleased``.
  public static var original: SuperCL { SuperCL() }

  /// ``original`` for 100 epochs of 16 images a step, as the released scripts run it.
  public static func groupProtocol(imageCount: Int) -> SuperCL {
    var method = SuperCL()
    method.recipe.steps = 100 * imageCount / method.recipe.batchSize
    return method
  }

  /// For a few dozen slices, our own choice: 300 steps of 16 at .003 (at .01 small networks lost their image features), patches
  /// of 64, slices less than .05 of the volume apart as positives: with 8 images and .1 the embeddings spread less.
  public static var small: SuperCL {
    var method = SuperCL(patchSize: 64, steps: 300, batchSize: 16)
    method.learningRate = 0.003
    method.positionThreshold = 0.05
    return method
  }

  /// The fixed views with their superpixels, and the varied ones.
  public func pictures(of views: SuperCLViews<Float>) -> [ViewPictures] {
    func pair(
      _ name: String, _ images: (Tensor<Float>, Tensor<Float>)?, _ maps: (Tensor<Int32>, Tensor<Int32>)?
    )
      -> [ViewPictures]
    {
      guard let images else { return [] }
      return [
        ViewPictures(name: "\(name) view 1", images: images.0, superpixels: maps?.0),
        ViewPictures(name: "\(name) view 2", images: images.1, superpixels: maps?.1),
      ]
    }
    return pair("fixed", views.fixed, views.superpixels) + pair("varied", views.varied, nil)
  }
}
