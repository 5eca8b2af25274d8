public import Tensor

/// Pads or crops images to the patch that a network trains on.
public enum PatchSampling {
  /// A random place: along each axis an image that is larger is cropped, one that is smaller is padded with zeros at
  /// random on both sides. Maps go along.
  public static func random<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], to size: [Int],
    using generator: inout some RandomNumberGenerator
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    shapePrecondition(
      image.rank == size.count + 1, "a patch of size \(size) is not cut from an image of shape \(image.shape)"
    )
    var crop: [Range<Int>] = []
    var padding: [PaddingAmount] = []
    for (axis, length) in size.enumerated() {
      let excess = image.shape[axis] - length
      let first = Int.random(in: 0...abs(excess), using: &generator)
      crop.append(excess > 0 ? first..<first + length : 0..<image.shape[axis])
      padding.append(excess < 0 ? PaddingAmount(before: first, after: -excess - first) : .none)
    }
    let channels = 0..<image.shape[-1]
    return (
      image.cropped(to: crop + [channels]).padded(padding + [.none], border: .constant(0)),
      maps.map { $0.cropped(to: crop).padded(padding, border: .constant(0)) }
    )
  }
}
