import Tensor

/// The area of the surface through a corner between voxels, by the code of the voxels around it.
///
/// A cell spans the centres of 8 voxels around the corner; the marching-cubes triangles of its code have
/// vertices midway between foreground and background centres. In 2-D a cell spans 4 pixels and the surface
/// is one or two segments.
struct SurfelAreas {
  private let areas: [Double]

  init(spacing: VoxelSpacing) {
    areas = spacing.rank == 3 ? Self.volumeAreas(spacing) : Self.imageLengths(spacing)
  }

  /// The areas at the points of a surface, in row-major order.
  func areas(of points: SurfacePoints) -> [Double] {
    points.codes.withUnsafeBufferPointer { codes in
      var result: [Double] = []
      for code in codes where code != 0 { result.append(areas[Int(code)]) }
      return result
    }
  }

  /// Lengths in mm for the 16 codes of 2 x 2 pixels, the first pixel the highest bit.
  private static func imageLengths(_ spacing: VoxelSpacing) -> [Double] {
    let (vertical, horizontal) = (spacing[0], spacing[1])
    let diagonal = 0.5 * (vertical * vertical + horizontal * horizontal).squareRoot()
    return (0..<16).map { code in
      switch code {
      case 0b0000, 0b1111: 0
      case 0b0011, 0b1100: horizontal
      case 0b0101, 0b1010: vertical
      case 0b0110, 0b1001: 2 * diagonal
      default: diagonal
      }
    }
  }

  /// Areas in mm^2 for the 256 codes of 2 x 2 x 2 voxels, the first voxel the highest bit.
  ///
  /// Every triangle has one of seven orientations up to sign; a code's area is the sum over orientations of a
  /// count times the area of one unit. A digit of `triangles` is such a count.
  private static func volumeAreas(_ spacing: VoxelSpacing) -> [Double] {
    let faces = [spacing[1] * spacing[2], spacing[0] * spacing[2], spacing[0] * spacing[1]]
    let normals: [[Double]] = [
      [1, 1, 1], [2, 2, 0], [2, 0, 2], [0, 2, 2], [4, 0, 0], [0, 4, 0], [0, 0, 4],
    ]
    let units = normals.map { normal in
      zip(normal, faces).reduce(0) { $0 + ($1.0 * $1.1 / 8) * ($1.0 * $1.1 / 8) }.squareRoot()
    }
    return (0..<256).map { code in
      var digits = triangles[min(code, 255 - code)]
      var area = 0.0
      for unit in units {
        area += Double(digits & 15) * unit
        digits >>= 4
      }
      return area
    }
  }

  /// Counts of triangle units for the codes 0...127 (code and 255 - code have one surface): the lowest digit
  /// counts normals (1, 1, 1) / 8, the next (2, 2, 0) / 8 and so on as in `volumeAreas`.
  ///
  /// Where a code has several triangulations, these are the figures of the package surface-distance 0.1
  /// (Apache-2.0), so that areas agree with its.
  private static let triangles: [UInt32] = [
    0x0000000, 0x0000001, 0x0000001, 0x0000020, 0x0000001, 0x0000200, 0x0000002, 0x0010003,
    0x0000001, 0x0000002, 0x0000200, 0x0010003, 0x0000020, 0x0010003, 0x0010003, 0x0020000,
    0x0000001, 0x0002000, 0x0000002, 0x0100003, 0x0000002, 0x1000003, 0x0000003, 0x0000006,
    0x0000002, 0x0002001, 0x0000201, 0x0001104, 0x0000021, 0x0001014, 0x0010004, 0x0010003,
    0x0000001, 0x0000002, 0x0002000, 0x0100003, 0x0000002, 0x0000201, 0x0002001, 0x0001104,
    0x0000002, 0x0000003, 0x1000003, 0x0000006, 0x0000021, 0x0010004, 0x0001014, 0x0010003,
    0x0000020, 0x0100003, 0x0100003, 0x0200000, 0x0000021, 0x0000114, 0x0100004, 0x0100003,
    0x0000021, 0x0100004, 0x0000114, 0x0100003, 0x0000040, 0x0000021, 0x0000021, 0x0000020,
    0x0000001, 0x0000002, 0x0000002, 0x0000021, 0x0002000, 0x1000003, 0x0002001, 0x0001014,
    0x0000002, 0x0000003, 0x0000201, 0x0010004, 0x0100003, 0x0000006, 0x0001104, 0x0010003,
    0x0000200, 0x1000003, 0x0000201, 0x0000114, 0x1000003, 0x2000000, 0x1000004, 0x1000003,
    0x0000201, 0x1000004, 0x0000400, 0x0000201, 0x0000114, 0x1000003, 0x0000201, 0x0000200,
    0x0000002, 0x0000003, 0x0002001, 0x0100004, 0x0002001, 0x1000004, 0x0004000, 0x0002001,
    0x0000003, 0x0000004, 0x1000004, 0x0000003, 0x0100004, 0x0000003, 0x0002001, 0x0000002,
    0x0010003, 0x0000006, 0x0001104, 0x0100003, 0x0001014, 0x1000003, 0x0002001, 0x0002000,
    0x0010004, 0x0000003, 0x0000201, 0x0000002, 0x0000021, 0x0000002, 0x0000002, 0x0000001,
  ]
}
