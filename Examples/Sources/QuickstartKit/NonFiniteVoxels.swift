import Tensor

/// What becomes of voxels that are NaN or infinite.
///
/// Skull stripping and registration leave NaN outside the body; NaN inside it is a broken file. The two cannot be told
/// apart for certain, so background is the default and the number of such voxels is always said.
public enum NonFiniteVoxels: String, Sendable, Codable, CaseIterable {
  /// They count as background: intensity 0 after the window, the darkest there is. A note gives their number.
  case background
  /// The volume is refused with their number.
  case refused
}

/// How many voxels of a volume are not finite, and how many of those carry a label.
struct NonFiniteCount: CustomStringConvertible {
  let voxels: Int
  let labeled: Int
  let total: Int

  /// - Precondition: both have the same number of elements.
  init(_ image: Tensor<Float>, labels: Tensor<Int32>) {
    var (voxels, labeled) = (0, 0)
    image.withUnsafeBufferPointer { values in
      labels.withUnsafeBufferPointer { labels in
        for index in values.indices where !values[index].isFinite {
          voxels += 1
          if labels[index] != 0 { labeled += 1 }
        }
      }
    }
    (self.voxels, self.labeled, total) = (voxels, labeled, image.elementCount)
  }

  var description: String {
    let place = labeled == 0 ? "none of them with a label" : "\(labeled) of them with a label"
    return "\(voxels) of \(total) voxels are not finite (NaN or infinite), \(place); they count as background"
  }
}
