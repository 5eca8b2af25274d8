/// A box of voxels `[planes, rows, columns]`; an image is one plane.
struct VoxelBox: Hashable, Sendable {
  var planes: Range<Int>
  var rows: Range<Int>
  var columns: Range<Int>

  /// Grows to hold one run of a row.
  mutating func formUnion(plane: Int, row: Int, columns run: Range<Int>) {
    if planes.isEmpty {
      self = VoxelBox(planes: plane..<plane + 1, rows: row..<row + 1, columns: run)
      return
    }
    planes = min(planes.lowerBound, plane)..<max(planes.upperBound, plane + 1)
    rows = min(rows.lowerBound, row)..<max(rows.upperBound, row + 1)
    columns =
      min(columns.lowerBound, run.lowerBound)..<max(columns.upperBound, run.upperBound)
  }

  func union(_ other: VoxelBox) -> VoxelBox {
    if planes.isEmpty { return other }
    if other.planes.isEmpty { return self }
    return VoxelBox(
      planes: planes.hull(other.planes), rows: rows.hull(other.rows), columns: columns.hull(other.columns))
  }

  /// The box in the image that is left of a volume without `axis`, of which it has one voxel.
  func without(axis: Int) -> VoxelBox {
    guard !isEmpty else { return .empty }
    let rest = [[rows, columns], [planes, columns], [planes, rows]][axis]
    return VoxelBox(planes: 0..<1, rows: rest[0], columns: rest[1])
  }

  static let empty = VoxelBox(planes: 0..<0, rows: 0..<0, columns: 0..<0)
  var isEmpty: Bool { planes.isEmpty }
}

extension Range<Int> {
  fileprivate func hull(_ other: Range<Int>) -> Range<Int> {
    Swift.min(lowerBound, other.lowerBound)..<Swift.max(upperBound, other.upperBound)
  }
}
