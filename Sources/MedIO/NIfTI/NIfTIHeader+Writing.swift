import Foundation
import Tensor

extension NIfTIHeader {
  /// The header for a volume: its own, where it has one, with everything set that the volume decides.
  init<Scalar>(
    writing volume: Volume<Scalar>, datatype: NIfTIDatatype, extensions: [NIfTIExtension], isPair: Bool,
    path: String, options: NIfTIWriteOptions
  ) throws(MedIOError) {
    try self.init(
      template: volume.header, shape: Array(volume.voxels.shape.dimensions.prefix(volume.rank)),
      grid: volume.grid, datatype: datatype, extensions: extensions, isPair: isPair, path: path,
      options: options)
  }

  /// The header for voxels `[..., depth, height, width]` on a grid: the template, where there is one, with everything set that
  /// they decide.
  init(
    template: NIfTIHeader?, shape: [Int], grid: VolumeGrid, datatype: NIfTIDatatype,
    extensions: [NIfTIExtension], isPair: Bool, path: String, options: NIfTIWriteOptions
  ) throws(MedIOError) {
    let lengths = Array(shape.reversed())
    guard lengths.count <= 7 else {
      throw MedIOError(.badDimensions, path: path, context: "\(lengths.count) axes, a file holds seven")
    }
    let isLong = lengths.contains { $0 > 32_767 }
    let version = options.version ?? template?.version ?? (isLong ? .nifti2 : .nifti1)
    if version == .nifti1 && isLong {
      throw MedIOError(
        .badDimensions, path: path, context: "lengths \(lengths) need NIfTI-2; NIfTI-1 ends at 32767")
    }
    self = template ?? NIfTIHeader()
    if version != self.version {
      self.version = version
      unusedBytes = [UInt8](repeating: 0, count: version == .nifti1 ? 28 : 15)
      unusedNumbers = [0, 0, 0, 0, 0]
    }
    byteOrder = options.byteOrder ?? template?.byteOrder ?? .native
    magic = Self.magic(version, isPair: isPair)
    if template == nil || self.lengths != lengths {
      dim = [lengths.count] + lengths + [Int](repeating: 1, count: 7 - lengths.count)
      for axis in (lengths.count + 1)..<8 where lengths.count < 7 { pixdim[axis] = 1 }
    }
    datatypeCode = datatype.rawValue
    bitpix = datatype.byteCount * 8
    if extensions.isEmpty { extensionFlag[0] = 0 } else if extensionFlag[0] == 0 { extensionFlag[0] = 1 }
    let extensionBytes = extensions.reduce(0) { $0 + $1.encodedByteCount }
    guard extensions.allSatisfy({ $0.content.count < Int(Int32.max) - 32 }) else {
      throw MedIOError(.badExtension, path: path, context: "an extension is larger than 2 GiB")
    }
    if isPair {
      voxOffset = 0
    } else {
      // Voxels begin at a multiple of 16, as the standard recommends; a header that left room keeps it, where
      // the room cannot be taken for an extension.
      let least = (version.minimumVoxOffset + extensionBytes + 15) / 16 * 16
      let kept = isFiniteInt64(voxOffset) ? Int(voxOffset) : 0
      let room = kept - (version.minimumVoxOffset + extensionBytes)
      let keeps = template != nil && room >= 0 && room < (extensions.isEmpty ? 1 << 16 : 16)
      voxOffset = Double(keeps ? kept : least)
    }
    if template == nil || sformOrQformDiffers(from: grid.affine) {
      set(affine: grid.affine)
      // How planes were acquired is told along axes that are others now.
      (sliceCode, sliceStart, sliceEnd, sliceDuration, dimInfo) = (0, 0, 0, 0, 0)
    }
    try checkReadBack(as: grid, isPair: isPair, path: path)
  }

  static func magic(_ version: Version, isPair: Bool) -> [UInt8] {
    let kind = (isPair ? "ni" : "n+") + "\(version.rawValue)"
    return Array(kind.utf8) + (version == .nifti1 ? [0] : [0, 0x0d, 0x0a, 0x1a, 0x0a])
  }

  /// Whether a reader of this header would find another affine.
  private func sformOrQformDiffers(from affine: VoxelAffine) -> Bool {
    guard case .success(let placement) = placement(source: .automatic) else { return true }
    return placement.affine != affine
  }

  /// Sets sform, qform and voxel sizes. The qform cannot hold shear: a sheared affine leaves it off.
  mutating func set(affine: VoxelAffine) {
    let code = sformCode > 0 ? sformCode : qformCode > 0 ? qformCode : 2  // aligned to some coordinates
    srow = affine.elements
    sformCode = code
    xyztUnits = xyztUnits & ~7 | 2
    for (axis, size) in affine.voxelSizes.enumerated() { pixdim[axis + 1] = size }
    pixdim[0] = affine.determinant < 0 ? -1 : 1
    qoffset = affine.translation
    if affine.isSheared {
      qformCode = 0
      quaternion = [0, 0, 0]
    } else {
      qformCode = code
      quaternion = affine.quaternion
    }
  }
}

extension VoxelAffine {
  /// b, c, d of the unit quaternion with a >= 0 of the rotation that is left when voxel sizes and, for a
  /// left-handed affine, the sign of the third axis are taken out.
  var quaternion: [Double] {
    var r = closestRotation()
    if determinant < 0 { for row in 0..<3 { r[row][2] = -r[row][2] } }
    // The largest of 4a², 4b², 4c², 4d² is at least 1: divide by its root, never by a small number.
    let squares = [
      1 + r[0][0] + r[1][1] + r[2][2], 1 + r[0][0] - r[1][1] - r[2][2], 1 - r[0][0] + r[1][1] - r[2][2],
      1 - r[0][0] - r[1][1] + r[2][2],
    ]
    let largest = squares.indices.max { squares[$0] < squares[$1] } ?? 0
    let twice = squares[largest].squareRoot()
    let x = [r[2][1] - r[1][2], r[0][2] - r[2][0], r[1][0] - r[0][1]]
    let xy = r[0][1] + r[1][0]
    let xz = r[0][2] + r[2][0]
    let yz = r[1][2] + r[2][1]
    let (a, b, c, d): (Double, Double, Double, Double)
    switch largest {
    case 0: (a, b, c, d) = (twice / 2, x[0] / twice / 2, x[1] / twice / 2, x[2] / twice / 2)
    case 1: (a, b, c, d) = (x[0] / twice / 2, twice / 2, xy / twice / 2, xz / twice / 2)
    case 2: (a, b, c, d) = (x[1] / twice / 2, xy / twice / 2, twice / 2, yz / twice / 2)
    default: (a, b, c, d) = (x[2] / twice / 2, xz / twice / 2, yz / twice / 2, twice / 2)
    }
    return a < 0 ? [-b, -c, -d] : [b, c, d]
  }
}
