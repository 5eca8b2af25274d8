/// A zip archive of stored entries, as `numpy.savez` writes them.
struct ZipWriter {
  private(set) var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  /// - Throws: `tooLarge` where zip's 32-bit fields do not reach.
  mutating func append(_ name: String, _ contents: [UInt8], file: String) throws(NumPyError) {
    guard bytes.count + contents.count < 0xFFFF_0000, count < 0xFFFE else {
      throw NumPyError(.tooLarge, path: file, entry: name, context: "the archive would exceed 4 GiB")
    }
    let start = bytes.count
    let encodedName = Array(name.utf8)
    var fields: [UInt8] = []
    // Version 2.0, names in UTF-8, stored, 1 January 1980.
    for (value, width) in [(20, 2), (0x0800, 2), (0, 2), (0, 2), (0x21, 2)] { fields.append(value, width) }
    fields.append(Int(contents.withUnsafeBytes { crc32($0) }), 4)
    fields.append(contents.count, 4)
    fields.append(contents.count, 4)
    fields.append(encodedName.count, 2)
    fields.append(0, 2)
    bytes.append(0x0403_4B50, 4)
    bytes += fields + encodedName + contents
    directory.append(0x0201_4B50, 4)
    directory.append(20, 2)
    directory += fields
    for (value, width) in [(0, 2), (0, 2), (0, 2), (0, 4), (start, 4)] { directory.append(value, width) }
    directory += encodedName
    count += 1
  }

  /// The archive, directory included.
  func finished() -> [UInt8] {
    var end: [UInt8] = []
    for (value, width) in [
      (0x0605_4B50, 4), (0, 2), (0, 2), (count, 2), (count, 2), (directory.count, 4), (bytes.count, 4),
      (0, 2),
    ] { end.append(value, width) }
    return bytes + directory + end
  }
}

extension [UInt8] {
  /// Appends the lowest `width` bytes of a number, lowest first.
  fileprivate mutating func append(_ value: Int, _ width: Int) {
    for place in 0..<width { append(UInt8(truncatingIfNeeded: value >> (8 * place))) }
  }
}
