/// The directory of a zip archive, and the contents of its entries, with zip64's wide fields.
///
/// Sizes and places come from the directory at the end alone; every one is checked against the file before
/// it is used.
struct ZipArchive: Sendable {
  struct Entry: Sendable {
    let name: String
    let method: Int
    let isEncrypted: Bool
    let compressedSize: Int
    let size: Int
    let checksum: UInt32
    let headerOffset: Int
  }

  let file: String
  let bytes: [UInt8]
  private(set) var entries: [Entry] = []

  init(_ bytes: [UInt8], file: String) throws(NumPyError) {
    self.bytes = bytes
    self.file = file
    // The end record is 22 bytes and a comment of up to 65535.
    guard
      let end = stride(from: bytes.count - 22, through: max(0, bytes.count - 22 - 0xFFFF), by: -1)
        .first(where: { number(at: $0, 4) == 0x0605_4B50 })
    else { throw NumPyError(.notZip, path: file, context: "it does not end with a zip directory") }
    var count = try field(end + 10, 2)
    var place = try field(end + 16, 4)
    let locator = end - 20
    if count == 0xFFFF || place == 0xFFFF_FFFF, number(at: locator, 4) == 0x0706_4B50 {
      let record = try field(locator + 8, 8)
      guard number(at: record, 4) == 0x0606_4B50 else { throw broken("the zip64 end record is missing") }
      count = try field(record + 32, 8)
      place = try field(record + 48, 8)
    }
    // Each entry of the directory takes 46 bytes or more: no count makes this loop long.
    guard count <= bytes.count / 46 else { throw broken("\(count) entries in \(bytes.count) bytes") }
    for _ in 0..<count {
      let (entry, next) = try readEntry(at: place)
      entries.append(entry)
      place = next
    }
  }

  private func readEntry(at place: Int) throws(NumPyError) -> (Entry, next: Int) {
    guard number(at: place, 4) == 0x0201_4B50 else { throw broken("no directory entry at byte \(place)") }
    let nameLength = try field(place + 28, 2)
    let extraLength = try field(place + 30, 2)
    let commentLength = try field(place + 32, 2)
    let extra = place + 46 + nameLength
    let next = extra + extraLength + commentLength
    guard next <= bytes.count else { throw broken("a directory entry at byte \(place) ends after the file") }
    var size = try field(place + 24, 4)
    var compressedSize = try field(place + 20, 4)
    var headerOffset = try field(place + 42, 4)
    // Fields that are all ones stand in the zip64 extra field, in this order.
    var position = extra
    while position + 4 <= extra + extraLength {
      let kind = try field(position, 2)
      let length = try field(position + 2, 2)
      position += 4
      guard length <= extra + extraLength - position else {
        throw broken("an extra field ends after its entry")
      }
      if kind == 1 {
        var wide = position
        for keyPath in [0, 1, 2] {
          let value = [size, compressedSize, headerOffset][keyPath]
          guard value == 0xFFFF_FFFF else { continue }
          guard wide + 8 <= position + length else { throw broken("a zip64 field is too short") }
          let number = try field(wide, 8)
          wide += 8
          switch keyPath {
          case 0: size = number
          case 1: compressedSize = number
          default: headerOffset = number
          }
        }
      }
      position += length
    }
    let entry = Entry(
      name: String(decoding: bytes[place + 46..<extra], as: UTF8.self), method: try field(place + 10, 2),
      isEncrypted: try field(place + 8, 2) & 1 == 1, compressedSize: compressedSize, size: size,
      checksum: UInt32(try field(place + 16, 4)), headerOffset: headerOffset)
    return (entry, next)
  }

  /// The bytes of an entry, with their checksum compared.
  func contents(of entry: Entry) throws(NumPyError) -> [UInt8] {
    let range = try compressedRange(of: entry)
    let contents =
      entry.method == 0 ? Array(bytes[range]) : try inflatedSlice(range, of: entry, count: entry.size)
    let checksum = contents.withUnsafeBytes { crc32($0) }
    guard checksum == entry.checksum else {
      throw NumPyError(
        .corruptEntry, path: file, entry: entry.name,
        context: "the checksum is \(checksum), not \(entry.checksum)")
    }
    return contents
  }

  /// The first `count` bytes of an entry, or all where it has fewer. The checksum, which is that of the whole, is
  /// not compared.
  func prefix(_ count: Int, of entry: Entry) throws(NumPyError) -> [UInt8] {
    let range = try compressedRange(of: entry)
    return entry.method == 0
      ? Array(bytes[range].prefix(count))
      : try inflatedSlice(range, of: entry, count: min(count, entry.size), isWhole: false)
  }

  /// Where an entry's bytes stand as they were stored, deflated or not.
  private func compressedRange(of entry: Entry) throws(NumPyError) -> Range<Int> {
    func failure(_ code: NumPyError.Code, _ detail: String) -> NumPyError {
      NumPyError(code, path: file, entry: entry.name, context: detail)
    }
    guard !entry.isEncrypted, entry.method == 0 || entry.method == 8 else {
      throw failure(
        .unsupportedCompression, entry.isEncrypted ? "it is encrypted" : "compression method \(entry.method)")
    }
    let header = entry.headerOffset
    guard number(at: header, 4) == 0x0403_4B50 else {
      throw failure(.badArchive, "no entry at byte \(header)")
    }
    let start = header + 30 + (try field(header + 26, 2)) + (try field(header + 28, 2))
    guard start <= bytes.count, entry.compressedSize <= bytes.count - start else {
      throw failure(.badArchive, "\(entry.compressedSize) bytes at \(start) end after the file")
    }
    // Deflate makes at most 1032 bytes of one.
    guard
      entry.method == 0
        ? entry.size == entry.compressedSize : entry.size / 1032 <= entry.compressedSize
    else { throw failure(.badArchive, "\(entry.size) bytes from \(entry.compressedSize)") }
    return start..<start + entry.compressedSize
  }

  private func inflatedSlice(
    _ range: Range<Int>, of entry: Entry, count: Int, isWhole: Bool = true
  ) throws(NumPyError) -> [UInt8] {
    do {
      return try bytes.withUnsafeBytes { all in
        Result { () throws(InflateError) in
          let slice = UnsafeRawBufferPointer(rebasing: all[range])
          return isWhole ? try inflated(slice, count: count) : try inflatedPrefix(slice, count: count)
        }
      }.get()
    } catch {
      throw NumPyError(
        .corruptEntry, path: file, entry: entry.name, context: "its compressed stream is broken",
        underlying: error)
    }
  }

  private func broken(_ detail: String) -> NumPyError { NumPyError(.badArchive, path: file, context: detail) }

  /// The little-endian number of `count` bytes, or nil where the file has none.
  private func number(at place: Int, _ count: Int) -> UInt64? {
    guard place >= 0, place <= bytes.count - count else { return nil }
    return bytes[place..<place + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private func field(_ place: Int, _ count: Int) throws(NumPyError) -> Int {
    // Offsets of up to 2^62 can be added to without overflow.
    guard let value = number(at: place, count), value < 1 << 62 else {
      throw broken("no number of \(count) bytes at byte \(place)")
    }
    return Int(value)
  }
}
