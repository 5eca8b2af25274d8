public import NN
public import Tensor

extension VariedAugmentation: LabeledImageAugmentation {
  /// An image and its labels, moved together: cubic or linear for the one, nearest for the other.
  public func callAsFunction(_ image: LabeledImage, using generator: inout PhiloxGenerator) -> LabeledImage {
    let (moved, maps) = self(image.image, maps: [image.labels], using: &generator)
    return LabeledImage(image: moved, labels: maps[0])
  }
}
