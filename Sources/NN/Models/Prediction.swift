import Autograd
public import Tensor

extension Layer {
  /// The labels `[N, spatial...]` of images `[N, spatial..., C]`: the class with the highest score, in evaluation
  /// mode and without recording; the mode is given back. The images go through one by one, so memory does not grow with N.
  ///
  /// A NaN would beat every score, and one NaN pixel in the image makes every pixel of class 0.
  ///
  /// - Throws: ``TrainingError`` for images of a shape that the layer does not take, and for the first image with a value or
  ///   with a score that is not finite; no labels come out.
  public func predictedLabels(_ images: Tensor<Scalar>) throws(TrainingError) -> Tensor<Int32> {
    if images.rank >= 1, let reason = inputDescription?.misfit(of: images.shape.removing(axis: 0)) {
      throw TrainingError(
        .imageDoesNotFit(index: 0, shape: Array(images.shape.dimensions.dropFirst()), reason: reason))
    }
    var labels: [Tensor<Int32>] = []
    for index in 0..<images.shape[0] {
      let image = images[index..<index + 1]
      if case (let count, let first?) = image.nonFiniteElements {
        let place = images.shape.removing(axis: 0).place(of: first)
        throw TrainingError(.imageIsNotFinite(index: index, place: place, count: count))
      }
      let scores = withMode(.evaluation) { withoutGradient { self(Variable(image)).value } }
      let count = scores.nonFiniteElements.count
      guard count == 0 else { throw TrainingError(.scoresAreNotFinite(index: index, count: count)) }
      labels.append(scores.argmax(along: -1))
    }
    return labels.isEmpty
      ? Tensor(zeros: images.shape.removing(axis: -1)) : Tensor(concatenating: labels, along: 0)
  }
}
