import Autograd
public import Tensor

extension UNetND {
  /// The labels `[N, spatial...]` of images `[N, spatial..., C]`: the class with the highest score, in evaluation
  /// mode and without recording. The mode is left at evaluation.
  ///
  /// A NaN would beat every score, and one NaN pixel in the image makes every pixel of class 0.
  ///
  /// - Throws: ``PredictionError`` for the first image with a value or with a score that is not finite; no labels come out.
  public func predictedLabels(_ images: Tensor<Scalar>) throws(PredictionError) -> Tensor<Int32> {
    setMode(.evaluation)
    var labels: [Tensor<Int32>] = []
    for index in 0..<images.shape[0] {
      let image = images[index..<index + 1]
      var count = image.nonFiniteElements.count
      guard count == 0 else { throw .imageIsNotFinite(index: index, count: count) }
      let scores = withoutGradient { self(Variable(image)).value }
      count = scores.nonFiniteElements.count
      guard count == 0 else { throw .scoresAreNotFinite(index: index, count: count) }
      labels.append(scores.argmax(along: -1))
    }
    return labels.isEmpty
      ? Tensor(zeros: images.shape.removing(axis: -1)) : Tensor(concatenating: labels, along: 0)
  }
}

/// Why an image has no predicted labels.
public enum PredictionError: Error, Equatable, CustomStringConvertible {
  /// The image of this index has so many values that are NaN or infinite.
  case imageIsNotFinite(index: Int, count: Int)
  /// The network gave so many scores that are NaN or infinite, for a finite image of this index: the weights are broken,
  /// or the values are far from those that the network was trained on.
  case scoresAreNotFinite(index: Int, count: Int)

  public var description: String {
    switch self {
    case .imageIsNotFinite(let index, let count): "image \(index) has \(count) values that are not finite"
    case .scoresAreNotFinite(let index, let count): "image \(index) gets \(count) scores that are not finite"
    }
  }
}
