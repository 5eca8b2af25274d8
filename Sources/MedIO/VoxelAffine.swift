public import Tensor

/// The share by which numbers that a file holds in 32 bits may differ from what they stand for: a few of their
/// steps of 6e-8.
let fileRounding = 1e-6

/// Where the voxels are: the map from voxel indices (i, j, k) to millimeters (x, y, z), with x toward the
/// patient's right, y toward the front (anterior), z toward the head (superior), as NIfTI defines it.
///
///     [x]   [m00 m01 m02 m03] [i]
///     [y] = [m10 m11 m12 m13] [j]
///     [z]   [m20 m21 m22 m23] [k]
///                             [1]
///
/// i counts columns, j rows, k planes: the reverse of the axes of a volume tensor `[depth, height, width]`.
///
///     let affine = VoxelAffine(diagonal: 1.5, 1.5, 3)
///     affine.applied(to: [2, 0, 1])  // [3, 0, 3]
public struct VoxelAffine: Hashable, Sendable, CustomStringConvertible {
  /// The upper three rows, row by row: twelve numbers.
  public private(set) var elements: [Double]

  /// An affine from its rows: three of four numbers each; a fourth row (0, 0, 0, 1) may follow.
  ///
  /// - Precondition: the shape and the fourth row are as described.
  public init(rows: [[Double]]) {
    shapePrecondition(
      (3...4).contains(rows.count) && rows.allSatisfy { $0.count == 4 }
        && (rows.count == 3 || rows[3] == [0, 0, 0, 1]),
      "an affine needs three rows of four numbers, and (0, 0, 0, 1) as a fourth one: \(rows)")
    elements = Array(rows[0..<3].joined())
  }

  /// Voxel sizes along i, j, k in millimeters, and the position of voxel (0, 0, 0).
  public init(diagonal i: Double, _ j: Double, _ k: Double, translation: [Double] = [0, 0, 0]) {
    shapePrecondition(translation.count == 3, "a translation has three numbers: \(translation)")
    elements = [i, 0, 0, translation[0], 0, j, 0, translation[1], 0, 0, k, translation[2]]
  }

  /// Voxel index = millimeter position.
  public static let identity = VoxelAffine(diagonal: 1, 1, 1)

  /// The element of a row (0...2) and column (0...3).
  public subscript(row: Int, column: Int) -> Double {
    get { elements[row * 4 + column] }
    set { elements[row * 4 + column] = newValue }
  }

  /// The three rows and (0, 0, 0, 1).
  public var rows: [[Double]] { (0..<3).map { Array(elements[$0 * 4..<$0 * 4 + 4]) } + [[0, 0, 0, 1]] }

  /// The position of voxel (0, 0, 0) in millimeters.
  public var translation: [Double] { [self[0, 3], self[1, 3], self[2, 3]] }

  /// The column of voxel axis `axis` (0 = i): one step along it, in millimeters.
  public func direction(of axis: Int) -> [Double] { [self[0, axis], self[1, axis], self[2, axis]] }

  /// The position in millimeters of the voxel index (i, j, k), which may be fractional.
  ///
  /// - Precondition: three numbers.
  public func applied(to point: [Double]) -> [Double] {
    shapePrecondition(point.count == 3, "a voxel index has three numbers: \(point)")
    return (0..<3).map {
      self[$0, 0] * point[0] + self[$0, 1] * point[1] + self[$0, 2] * point[2] + self[$0, 3]
    }
  }

  /// Lengths of one step along i, j, k in millimeters.
  public var voxelSizes: [Double] {
    (0..<3).map { axis in direction(of: axis).reduce(0) { $0 + $1 * $1 }.squareRoot() }
  }

  /// The voxel sizes in the order of a volume tensor's axes: (plane, row, column).
  ///
  /// - Precondition: the affine is valid (``isValid``).
  public var spacing: VoxelSpacing { VoxelSpacing(voxelSizes.reversed()) }

  /// The determinant of the 3x3 part; negative when the voxel axes are left-handed.
  public var determinant: Double {
    self[0, 0] * (self[1, 1] * self[2, 2] - self[1, 2] * self[2, 1])
      - self[0, 1] * (self[1, 0] * self[2, 2] - self[1, 2] * self[2, 0])
      + self[0, 2] * (self[1, 0] * self[2, 1] - self[1, 1] * self[2, 0])
  }

  /// Whether all numbers are finite and the axes span the space: the volume of the unit voxel is more than
  /// 1e-6 of the product of its edges.
  public var isValid: Bool {
    guard elements.allSatisfy(\.isFinite) else { return false }
    let edges = voxelSizes
    guard edges.allSatisfy({ $0 > 0 && $0.isFinite }) else { return false }
    let share = abs(determinant) / edges[0] / edges[1] / edges[2]
    return share > 1e-6 && share.isFinite
  }

  /// Whether two axes deviate from a right angle: the cosine between them exceeds 1e-4.
  public var isSheared: Bool {
    let sizes = voxelSizes
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
      let dot = zip(direction(of: a), direction(of: b)).reduce(0) { $0 + $1.0 * $1.1 }
      if abs(dot) > 1e-4 * sizes[a] * sizes[b] { return true }
    }
    return false
  }

  /// The map from millimeters back to voxel indices.
  ///
  /// - Precondition: ``isValid``.
  public var inverse: VoxelAffine {
    shapePrecondition(isValid, "an affine without inverse: \(rows)")
    return uncheckedInverse
  }

  /// The inverse by cofactors; infinite or NaN where there is none.
  var uncheckedInverse: VoxelAffine {
    let d = 1 / determinant
    var result = VoxelAffine.identity
    for row in 0..<3 {
      for column in 0..<3 {
        let (r1, r2) = ((column + 1) % 3, (column + 2) % 3)
        let (c1, c2) = ((row + 1) % 3, (row + 2) % 3)
        result[row, column] = (self[r1, c1] * self[r2, c2] - self[r1, c2] * self[r2, c1]) * d
      }
    }
    for row in 0..<3 {
      result[row, 3] = -(0..<3).reduce(0) { $0 + result[row, $1] * self[$1, 3] }
    }
    return result
  }

  /// The affine that applies `inner` first and this one then.
  public func concatenated(with inner: VoxelAffine) -> VoxelAffine {
    var result = VoxelAffine.identity
    for row in 0..<3 {
      for column in 0..<4 {
        result[row, column] =
          (0..<3).reduce(0) { $0 + self[row, $1] * inner[$1, column] } + (column == 3 ? self[row, 3] : 0)
      }
    }
    return result
  }

  /// Whether every element agrees within `tolerance` millimeters.
  public func isClose(to other: VoxelAffine, tolerance: Double = 1e-4) -> Bool {
    zip(elements, other.elements).allSatisfy { abs($0 - $1) <= tolerance }
  }

  public var description: String {
    (0..<3).map { row in "[" + (0..<4).map { "\(self[row, $0])" }.joined(separator: ", ") + "]" }
      .joined(separator: ", ")
  }
}
