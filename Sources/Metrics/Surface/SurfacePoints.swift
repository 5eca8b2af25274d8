import Tensor

/// Points of a surface on a grid `[planes, rows, columns]`: one byte per grid point, 0 where there is no
/// surface; for surfels the byte is the code of the corner's neighbourhood.
struct SurfacePoints {
  let planes: Int
  let rows: Int
  let columns: Int
  private(set) var codes: [UInt8]

  var gridCount: Int { planes * rows * columns }

  init(of mask: PaddedMask, _ definition: SurfaceDefinition) {
    switch definition {
    case .boundaryVoxels(let connectivity): self.init(boundaryOf: mask, connectivity)
    case .sets: self.init(boundaryOf: mask, nil)
    case .surfels: self.init(cornersOf: mask)
    }
  }

  /// The mask minus its erosion; the mask itself without a connectivity.
  private init(boundaryOf mask: PaddedMask, _ connectivity: NeighborConnectivity?) {
    planes = mask.planes
    rows = mask.rows
    columns = mask.columns
    let offsets = (connectivity?.offsets(rank: mask.rank) ?? []).map {
      $0.plane * mask.planeStride + $0.row * mask.rowStride + $0.column
    }
    let (rows, columns) = (rows, columns)
    codes = Self.bytes(planes: planes, rows: rows, columns: columns) { plane, row, target in
      mask.bytes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        let line = base + mask.offset(plane: plane, row: row, column: 0)
        var column = 0
        while column < columns {
          let own = line.loadUnaligned(fromByteOffset: column, as: SIMD16<UInt8>.self)
          var inner = SIMD16<UInt8>(repeating: offsets.isEmpty ? 0 : 1)
          if own != SIMD16() {
            for offset in offsets {
              inner &= line.loadUnaligned(fromByteOffset: column + offset, as: SIMD16<UInt8>.self)
            }
          }
          target.store(own & ~inner, at: column, of: columns)
          column += 16
        }
      }
    }
  }

  /// The corners between voxels: one more than voxels along each axis, with the code of the 8 (4) voxels
  /// around, the first of them the highest bit. Codes of all background and all foreground become 0.
  private init(cornersOf mask: PaddedMask) {
    let volume = mask.rank == 3
    planes = volume ? mask.planes + 1 : 1
    rows = mask.rows + 1
    columns = mask.columns + 1
    let columns = columns
    let full: UInt8 = volume ? 255 : 15
    codes = Self.bytes(planes: planes, rows: rows, columns: columns) { plane, row, target in
      mask.bytes.withUnsafeBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        let first = mask.offset(plane: volume ? plane - 1 : 0, row: row - 1, column: -1)
        var column = 0
        while column < columns {
          var code = SIMD16<UInt8>()
          for step in 0..<(volume ? 2 : 1) {
            for line in 0..<2 {
              let at = first + step * mask.planeStride + line * mask.rowStride + column
              let before = (base + at).loadUnaligned(as: SIMD16<UInt8>.self)
              let after = (base + at + 1).loadUnaligned(as: SIMD16<UInt8>.self)
              code = code &<< 2 | before &<< 1 | after
            }
          }
          code.replace(with: 0, where: code .== full)
          target.store(code, at: column, of: columns)
          column += 16
        }
      }
    }
  }

  private static func bytes(
    planes: Int, rows: Int, columns: Int, _ fill: (Int, Int, UnsafeMutableRawPointer) -> Void
  ) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: planes * rows * columns) { buffer, count in
      count = planes * rows * columns
      guard let base = buffer.baseAddress, count > 0 else { return }
      let bytes = UnsafeMutableRawPointer(base)
      Parallel.for(planes, grain: max(1, 100_000 / max(rows * columns, 1))) { range in
        for plane in range {
          for row in 0..<rows { fill(plane, row, bytes + (plane * rows + row) * columns) }
        }
      }
    }
  }
}

extension UnsafeMutableRawPointer {
  /// Writes 16 bytes of a row, or what is left of it: the next row may belong to another thread.
  fileprivate func store(_ block: SIMD16<UInt8>, at column: Int, of columns: Int) {
    if column + 16 <= columns {
      storeBytes(of: block, toByteOffset: column, as: SIMD16<UInt8>.self)
    } else {
      for lane in 0..<columns - column {
        storeBytes(of: block[lane], toByteOffset: column + lane, as: UInt8.self)
      }
    }
  }
}
