public import Tensor

/// Pads or crops images to the patch that a network trains on.
public enum PatchSampling {
  /// Where an image that is smaller than the patch lies in it.
  public enum Padding: String, Sendable, Codable {
    /// At random, zeros on both sides.
    case random
    /// In the middle, one zero fewer in front where their number is odd: the released code of SuperCL.
    case centered
  }

  /// A random place: along each axis an image that is larger is cropped at random, one that is smaller is padded with
  /// zeros. Maps go along.
  ///
  /// - Parameters:
  ///   - image: `[spatial..., C]`.
  ///   - maps: Label maps `[spatial...]` that lie on the image.
  ///   - size: The spatial lengths of the patch.
  ///   - padding: Where a smaller image lies in the patch.
  ///   - generator: The source of randomness.
  public static func random<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], to size: [Int], padding: Padding = .random,
    using generator: inout some RandomNumberGenerator
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    let cut = placed(image, maps: maps, to: size, padding: padding, using: &generator)
    return (cut.image, cut.maps)
  }

  /// ``random(_:maps:to:padding:using:)`` with the first pixel that was kept along each axis; `nil` along an axis that
  /// was padded.
  static func placed<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], to size: [Int], padding: Padding = .random,
    using generator: inout some RandomNumberGenerator
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>], first: [Int?]) {
    var first: [Int?] = []
    // A volume of one plane draws what its image draws.
    let isPlane = image.rank == 4 && image.shape[0] == 1 && size[0] == 1
    let (cut, maps) = patch(image, maps, size) { excess in
      if isPlane, first.isEmpty {
        first.append(0)
        return 0
      }
      let place =
        excess < 0 && padding == .centered ? -excess / 2 : generator.integer(below: abs(excess) + 1)
      first.append(excess < 0 ? nil : place)
      return place
    }
    return (cut, maps, first)
  }

  /// The middle: cropped and padded alike on both sides, as the released code of SuperCL tests. Maps go along.
  ///
  /// - Parameters:
  ///   - image: `[spatial..., C]`.
  ///   - maps: Label maps `[spatial...]` that lie on the image.
  ///   - size: The spatial lengths of the patch.
  public static func centered<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, maps: [Tensor<Int32>] = [], to size: [Int]
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    patch(image, maps, size) { abs($0) / 2 }
  }

  /// - Parameter place: The first pixel that a crop keeps, or the zeros in front, from the pixels too many (positive) or
  ///   missing (negative) along an axis.
  private static func patch<Scalar: TensorFloatingPointScalar>(
    _ image: Tensor<Scalar>, _ maps: [Tensor<Int32>], _ size: [Int], place: (_ excess: Int) -> Int
  ) -> (image: Tensor<Scalar>, maps: [Tensor<Int32>]) {
    shapePrecondition(
      image.rank == size.count + 1, "a patch of size \(size) is not cut from an image of shape \(image.shape)"
    )
    var crop: [Range<Int>] = []
    var padding: [PaddingAmount] = []
    for (axis, length) in size.enumerated() {
      let excess = image.shape[axis] - length
      let first = place(excess)
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
