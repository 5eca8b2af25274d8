public import Tensor

/// Which slices of a batch attract each other, as a value.
public enum SlicePositives: Sendable, Hashable, Codable {
  /// Those whose positions differ by less than a share of the volume (strict): PCL's own.
  case position(threshold: Double)
  /// Those in the same of so many equal parts of their volumes (4): `gcl` in PCL's released code.
  case parts(Int)
  /// The two views of one slice alone: `simclr` there, which is NT-Xent.
  case image

  /// The positives `[2N, 2N]` of N slices in two views; the diagonal is false.
  public func mask(positions: [Double?]) -> Tensor<Bool> {
    let positives: InstancePositives =
      switch self {
      case .position(let threshold): .positions(positions, threshold: threshold)
      case .parts(let count): .labels(positions.map { $0.map { VolumeParts(count).part(at: $0) } })
      case .image: .otherView
      }
    return positives.mask(batch: positions.count)
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    switch self {
    case .position(let threshold): try check.positive("\(field).threshold", threshold)
    case .parts(let count): try check.positive("\(field).parts", count)
    case .image: break
    }
  }
}
