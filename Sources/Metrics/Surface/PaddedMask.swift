import Tensor

/// A mask cut to a box, with a border of background around it: neighbours are read without a test for the
/// edge, and beyond the image is background.
struct PaddedMask {
  let planes: Int
  let rows: Int
  let columns: Int
  let rank: Int
  /// Bytes of 0 and 1, border included; a few more at the end, so that blocks of 16 may be read anywhere.
  private(set) var bytes: [UInt8]

  var rowStride: Int { columns + 2 }
  var planeStride: Int { (rows + 2) * (columns + 2) }
  /// Planes of border before the first one: none in an image.
  var planeBorder: Int { rank == 3 ? 1 : 0 }

  init(_ source: MaskSource, box: VoxelBox) {
    planes = box.planes.count
    rows = box.rows.count
    columns = box.columns.count
    rank = source.rank
    let border = rank == 3 ? 2 : 0
    bytes = [UInt8](repeating: 0, count: (planes + border) * (rows + 2) * (columns + 2) + 32)
    let (planes, rows, columns) = (planes, rows, columns)
    let (rowStride, planeStride, planeBorder) = (rowStride, planeStride, planeBorder)
    bytes.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      for plane in 0..<planes {
        for row in 0..<rows {
          let start =
            ((box.planes.lowerBound + plane) * source.rows + box.rows.lowerBound + row) * source.columns
            + box.columns.lowerBound
          let target = (plane + planeBorder) * planeStride + (row + 1) * rowStride + 1
          source.copy(from: start, count: columns, to: base + target)
        }
      }
    }
  }

  /// The byte of a voxel; -1 and the length itself are border.
  func offset(plane: Int, row: Int, column: Int) -> Int {
    (plane + planeBorder) * planeStride + (row + 1) * rowStride + column + 1
  }
}
