import Autograd
public import Tensor

extension Layer {
  /// The labels `[N, spatial...]` of images `[N, spatial..., C]`: the class with the highest score, in evaluation mode
  /// and without recording; the mode is given back. The images go through one by one, so memory does not grow with N.
  public func predictedLabels(_ images: Tensor<Scalar>) -> Tensor<Int32> {
    let labels = withMode(.evaluation) {
      (0..<images.shape[0]).map { index in
        withoutGradient { self(Variable(images[index..<index + 1])).value.argmax(along: -1) }
      }
    }
    return labels.isEmpty
      ? Tensor(zeros: images.shape.removing(axis: -1)) : Tensor(concatenating: labels, along: 0)
  }
}
