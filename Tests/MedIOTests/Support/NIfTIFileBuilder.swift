import Foundation
import MedIO

/// Writes NIfTI files byte by byte, apart from the library's own encoder, so that any field can be wrong.
struct NIfTIFileBuilder {
  var header: [UInt8]
  /// What stands between the 348 or 540 bytes and the voxels.
  var middle: [UInt8] = [0, 0, 0, 0]
  var data: [UInt8] = []
  let isBig: Bool

  /// A valid NIfTI-1 file: dim 4 x 3 x 2, int16 0...23, voxels of 2 x 3 x 4 mm, no forms.
  static func nifti1(bigEndian: Bool = false) -> NIfTIFileBuilder {
    var file = NIfTIFileBuilder(header: [UInt8](repeating: 0, count: 348), isBig: bigEndian)
    file.int32(0, 348)
    for (axis, value) in [3, 4, 3, 2, 1, 1, 1, 1].enumerated() { file.int16(40 + 2 * axis, value) }
    file.int16(70, 4)
    file.int16(72, 16)
    for (axis, value) in [1, 2, 3, 4, 1, 1, 1, 1].enumerated() { file.float(76 + 4 * axis, Float(value)) }
    file.float(108, 352)
    file.float(112, 1)
    file.header[123] = 2
    file.bytes(344, Array("n+1\0".utf8))
    for value in 0..<24 { file.data += file.ordered(Int16(value)) }
    return file
  }

  /// The same as NIfTI-2.
  static func nifti2(bigEndian: Bool = false) -> NIfTIFileBuilder {
    var file = NIfTIFileBuilder(header: [UInt8](repeating: 0, count: 540), isBig: bigEndian)
    file.int32(0, 540)
    file.bytes(4, Array("n+2\0\r\n\u{1a}\n".utf8))
    file.int16(12, 4)
    file.int16(14, 16)
    for (axis, value) in [3, 4, 3, 2, 1, 1, 1, 1].enumerated() { file.int64(16 + 8 * axis, value) }
    for (axis, value) in [1, 2, 3, 4, 1, 1, 1, 1].enumerated() { file.double(104 + 8 * axis, Double(value)) }
    file.int64(168, 544)
    file.double(176, 1)
    file.int32(500, 2)
    for value in 0..<24 { file.data += file.ordered(Int16(value)) }
    return file
  }

  private init(header: [UInt8], isBig: Bool) {
    self.header = header
    self.isBig = isBig
  }

  var bytes: [UInt8] { header + middle + data }

  func ordered<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    withUnsafeBytes(of: isBig ? value.bigEndian : value.littleEndian) { Array($0) }
  }

  mutating func bytes(_ offset: Int, _ value: [UInt8]) {
    header.replaceSubrange(offset..<offset + value.count, with: value)
  }
  mutating func int16(_ offset: Int, _ value: Int) {
    bytes(offset, ordered(Int16(truncatingIfNeeded: value)))
  }
  mutating func int32(_ offset: Int, _ value: Int) {
    bytes(offset, ordered(Int32(truncatingIfNeeded: value)))
  }
  mutating func int64(_ offset: Int, _ value: Int) { bytes(offset, ordered(Int64(value))) }
  mutating func float(_ offset: Int, _ value: Float) { bytes(offset, ordered(value.bitPattern)) }
  mutating func double(_ offset: Int, _ value: Double) { bytes(offset, ordered(value.bitPattern)) }

  /// Sets NIfTI-1's sform.
  mutating func sform(_ affine: VoxelAffine, code: Int = 1) {
    int16(254, code)
    for (index, value) in affine.elements.enumerated() { float(280 + 4 * index, Float(value)) }
  }

  /// Sets NIfTI-1's qform.
  mutating func qform(quaternion: [Double], qfac: Double, offset: [Double], code: Int = 1) {
    int16(252, code)
    float(76, Float(qfac))
    for index in 0..<3 {
      float(256 + 4 * index, Float(quaternion[index]))
      float(268 + 4 * index, Float(offset[index]))
    }
  }
}
