/// A block of further data between header and voxels, kept byte for byte.
public struct NIfTIExtension: Hashable, Sendable {
  /// The kind of content: 2 DICOM, 4 AFNI XML, 6 plain comment, 32 CIFTI, ...
  public var code: Int32
  /// The content, without the eight bytes of size and code; with the padding that the file has.
  public var content: [UInt8]

  /// An extension; writing pads the content with zeros to 16 k - 8 bytes.
  public init(code: Int32, content: [UInt8]) {
    self.code = code
    self.content = content
  }

  /// Its size in a file: content, size and code, rounded up to a multiple of 16.
  var encodedByteCount: Int { (content.count + 8 + 15) / 16 * 16 }

  func encoded(in order: NIfTIByteOrder) -> [UInt8] {
    var bytes = order.bytes(of: Int32(truncatingIfNeeded: encodedByteCount)) + order.bytes(of: code)
    bytes += content
    bytes += [UInt8](repeating: 0, count: encodedByteCount - bytes.count)
    return bytes
  }
}

/// The order of the bytes of a number in a file.
public enum NIfTIByteOrder: String, Hashable, Sendable, CaseIterable {
  case littleEndian
  case bigEndian

  /// The order of this machine.
  public static var native: NIfTIByteOrder { Int(1).littleEndian == 1 ? .littleEndian : .bigEndian }

  func bytes(of value: Int32) -> [UInt8] {
    withUnsafeBytes(of: self == .littleEndian ? value.littleEndian : value.bigEndian) { Array($0) }
  }
}
