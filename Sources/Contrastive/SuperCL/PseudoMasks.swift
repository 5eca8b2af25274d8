import Superpixel
import Tensor

/// What ILCP and ASP take for the segments of an image: superpixels, or something in their place that tells what
/// superpixels themselves are worth.
///
/// All but ``given`` and ``singlePixels`` have as many segments as SLIC finds in the view, so that they differ in nothing but
/// where the segments lie.
public enum PseudoMasks: String, Sendable, Hashable, Codable, CaseIterable {
  /// Superpixels: the method.
  case superpixels
  /// The cells of a regular grid, whatever the image shows: neighbourhood without content.
  case regularGrid
  /// Superpixels whose pixels are dealt anew to places drawn at random: the same sizes, neither neighbourhood nor content.
  case shuffledSuperpixels
  /// Every pixel a segment of its own: a pixel's only positive is itself in the other view.
  case singlePixels
  /// ``PretrainingImage/pseudoMask``, in both views: true masks as a bound of what any superpixels can reach, or segments of
  /// another program. An image without one is refused.
  case given
}

extension SuperCL {
  /// The pseudo masks of a view, and how many segments they have; -1 outside a mask.
  func pseudoMasks(
    of view: Tensor<Float>, given: Tensor<Int32>?, mask: BinaryMask?, spacing: VoxelSpacing?,
    using generator: inout some RandomNumberGenerator
  ) throws(SuperpixelError) -> (labels: Tensor<Int32>, count: Int) {
    switch pseudoMasks {
    case .superpixels: return try superpixels(of: view, mask: mask, spacing: spacing)
    case .regularGrid:
      let like = try superpixels(of: view, mask: mask, spacing: spacing)
      return Self.counted(LabelMap(regularGridLike: LabelMap(like.labels)).labels)
    case .shuffledSuperpixels:
      let like = try superpixels(of: view, mask: mask, spacing: spacing)
      return (Self.shuffled(like.labels, using: &generator), like.count)
    case .singlePixels:
      let shape = view.shape.removing(axis: -1)
      return Self.counted(
        Self.masked(Tensor((0..<shape.elementCount).map { Int32($0) }, shape: shape), by: mask))
    case .given:
      guard let given else {
        preconditionFailure("an image without a pseudo mask is refused before views are made")
      }
      return Self.counted(Self.masked(given, by: mask))
    }
  }

  /// The labels of pixels with one, at places drawn at random among these pixels.
  private static func shuffled(
    _ labels: Tensor<Int32>, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Int32> {
    var values = labels.scalars
    let places = values.indices.filter { values[$0] >= 0 }
    let order = generator.permutation(of: places.count)
    let before = values
    for (place, source) in zip(places, order) { values[place] = before[places[source]] }
    return Tensor(values, shape: labels.shape)
  }

  private static func masked(_ labels: Tensor<Int32>, by mask: BinaryMask?) -> Tensor<Int32> {
    guard let mask else { return labels }
    return Tensor(
      zip(labels.scalars, mask.values.scalars).map { $1 ? $0 : Superpixels.maskedLabel }, shape: labels.shape)
  }

  private static func counted(_ labels: Tensor<Int32>) -> (labels: Tensor<Int32>, count: Int) {
    (labels, LabelMap(labels).distinctLabels.count { $0 >= 0 })
  }
}
