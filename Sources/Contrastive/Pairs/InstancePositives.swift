public import Tensor

/// The positives of L_ins: which of the 2B rows (B images in view 1, then the same in view 2) belong together.
public enum InstancePositives: Sendable {
  /// The other view of the same image alone: NT-Xent.
  case otherView
  /// Every row whose slice lies near: positions `|p_i - p_j| < threshold` (strict), in all four combinations of views,
  /// across patients too. A row whose position is unknown has the other view of its image alone. Source: Zeng et al.,
  /// MICCAI 2021 (PCL).
  case positions([Double?], threshold: Double = 0.1)
  /// Every row of the same label, in all four combinations of views. A row without a label has the other view of its image
  /// alone.
  case labels([Int?])

  /// The position of a slice in its volume: `(index + 1) / count`.
  public static func position(slice index: Int, of count: Int) -> Double { Double(index + 1) / Double(count) }

  /// The mask `[2B, 2B]`; its diagonal is false.
  public func mask(batch: Int) -> Tensor<Bool> {
    switch self {
    case .otherView: break
    case .positions(let positions, _):
      shapePrecondition(
        positions.count == batch, "\(positions.count) positions do not fit a batch of \(batch)")
    case .labels(let labels):
      shapePrecondition(labels.count == batch, "\(labels.count) labels do not fit a batch of \(batch)")
    }
    let rows = 2 * batch
    return Tensor(shape: [rows, rows]) { mask in
      for i in 0..<rows {
        for j in 0..<rows { mask[i * rows + j] = i != j && isPair(i % max(batch, 1), j % max(batch, 1)) }
      }
    }
  }

  private func isPair(_ first: Int, _ second: Int) -> Bool {
    if first == second { return true }
    switch self {
    case .otherView: return false
    case .positions(let positions, let threshold):
      guard let one = positions[first], let other = positions[second] else { return false }
      // Of slices .1 apart on paper, .3 and .2 are nearer than .1 in binary, .2 and .1 are not: both are .1 apart here.
      return (one - other).magnitude < threshold * (1 - 1e-9)
    case .labels(let labels):
      guard let one = labels[first], let other = labels[second] else { return false }
      return one == other
    }
  }
}
