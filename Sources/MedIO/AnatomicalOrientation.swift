import Tensor
/// Toward which side of the patient the voxel axes i, j, k run: "RAS" means that i grows toward the right,
/// j toward the front (anterior) and k toward the head (superior).
///
///     AnatomicalOrientation("LPS")                      // DICOM's axes
///     AnatomicalOrientation(nearest: volume.affine)     // of a scan, oblique ones rounded
///
/// The codes name the direction an axis points to, as nibabel's `aff2axcodes` does (some programs name the
/// side an axis comes from).
public struct AnatomicalOrientation: Hashable, Sendable, CustomStringConvertible {
  /// One side of the patient.
  public enum Direction: Character, Hashable, Sendable {
    case left = "L"
    case right = "R"
    case posterior = "P"
    case anterior = "A"
    case inferior = "I"
    case superior = "S"

    /// The row of the affine it belongs to: 0 (x), 1 (y) or 2 (z).
    public var axis: Int {
      switch self {
      case .left, .right: 0
      case .posterior, .anterior: 1
      case .inferior, .superior: 2
      }
    }

    /// 1 toward right, anterior and superior; -1 toward the other sides.
    public var sign: Int {
      switch self {
      case .right, .anterior, .superior: 1
      case .left, .posterior, .inferior: -1
      }
    }

    init(axis: Int, sign: Int) {
      let pairs: [(Direction, Direction)] = [
        (.left, .right), (.posterior, .anterior), (.inferior, .superior),
      ]
      self = sign < 0 ? pairs[axis].0 : pairs[axis].1
    }
  }

  /// The directions of i, j and k.
  public let directions: [Direction]

  /// Right, anterior, superior: NIfTI's canonical orientation.
  public static let ras = AnatomicalOrientation(unchecked: [.right, .anterior, .superior])
  /// Left, posterior, superior: DICOM's.
  public static let lps = AnatomicalOrientation(unchecked: [.left, .posterior, .superior])

  private init(unchecked directions: [Direction]) { self.directions = directions }

  /// An orientation from its three letters, or `nil` when they do not name three different axes.
  public init?(_ code: String) {
    let directions = code.uppercased().compactMap { Direction(rawValue: $0) }
    guard code.count == 3, directions.count == 3, Set(directions.map(\.axis)).count == 3 else { return nil }
    self.directions = directions
  }

  /// The orientation whose axes are nearest to those of `affine`, by nibabel's rule: shear is removed first
  /// (the closest orthogonal matrix), then the axis with the strongest preference chooses first. Preferences that
  /// differ by rounding alone, as of a scan turned by 45 degrees, go to the first axis and the first of x, y, z, so that
  /// an image and its labels, whose headers may differ in the last bit, go the same way.
  ///
  /// - Precondition: `affine.isValid`.
  public init(nearest affine: VoxelAffine) {
    shapePrecondition(affine.isValid, "an affine without orientation: \(affine)")
    var open = affine.closestRotation()
    // In millionths, which makes ties of what 32-bit numbers keep apart.
    let strength = (0..<3).map { axis in
      ((0..<3).map { open[$0][axis] * open[$0][axis] }.max() ?? 0) / fileRounding
    }.map { $0.rounded() }
    let order = (0..<3).sorted { (strength[$1], $0) < (strength[$0], $1) }
    var directions = [Direction](repeating: .right, count: 3)
    for axis in order {
      var best = 0
      for row in 1..<3 where abs(open[row][axis]) > abs(open[best][axis]) + fileRounding { best = row }
      directions[axis] = Direction(axis: best, sign: open[best][axis] < 0 ? -1 : 1)
      open[best] = [0, 0, 0]
    }
    self.directions = directions
  }

  /// For each axis of this orientation, the axis of `other` it corresponds to, and 1 or -1 when both run the
  /// same or opposite ways.
  public func mapping(to other: AnatomicalOrientation) -> [(axis: Int, sign: Int)] {
    directions.map { direction in
      // Every orientation has exactly one axis per row of the affine.
      let axis = other.directions.firstIndex { $0.axis == direction.axis } ?? 0
      return (axis, direction.sign * other.directions[axis].sign)
    }
  }

  /// The three letters.
  public var description: String { String(directions.map(\.rawValue)) }
}

extension VoxelAffine {
  /// The orthogonal matrix closest to the 3x3 part with its columns scaled to length 1, as rows: the factor Q
  /// of the polar decomposition, by Newton's iteration Q <- (Q + Q^-T) / 2.
  func closestRotation() -> [[Double]] {
    let sizes = voxelSizes
    var current = self
    for row in 0..<3 {
      for column in 0..<3 { current[row, column] /= sizes[column] }
      current[row, 3] = 0
    }
    // 40 steps reach double precision from any matrix that isValid admits.
    for _ in 0..<40 {
      let inverse = current.uncheckedInverse
      var next = current
      var change = 0.0
      for row in 0..<3 {
        for column in 0..<3 {
          next[row, column] = (current[row, column] + inverse[column, row]) / 2
          change = max(change, abs(next[row, column] - current[row, column]))
        }
      }
      current = next
      if change < 1e-15 { break }
    }
    return (0..<3).map { Array(current.elements[$0 * 4..<$0 * 4 + 3]) }
  }
}
