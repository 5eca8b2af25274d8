/// Why a deflated stream could not be read.
package enum InflateError: Error, Hashable {
  case truncated
  /// A block of the reserved type, a stored block whose length is not confirmed, or impossible code lengths.
  case badBlock
  /// A code that stands for nothing, or a distance to before the start.
  case badCode
  /// More or fewer bytes than expected.
  case wrongLength
}

/// Reads a raw deflate stream (RFC 1951): what zip archives, and so `numpy.savez_compressed`, store.
///
/// Every length is known before: memory is `count` bytes and two tables of at most 128 KiB, whatever the
/// stream says.
///
/// - Returns: Exactly `count` bytes.
package func inflated(_ input: UnsafeRawBufferPointer, count: Int) throws(InflateError) -> [UInt8] {
  var output = [UInt8](repeating: 0, count: count)
  var failure: InflateError?
  output.withUnsafeMutableBytes { buffer in
    var stream = DeflateStream(input: input, output: buffer)
    do throws(InflateError) { try stream.run() } catch { failure = error }
  }
  if let failure { throw failure }
  return output
}

/// The first `count` bytes of a raw deflate stream, or all where it has fewer.
func inflatedPrefix(_ input: UnsafeRawBufferPointer, count: Int) throws(InflateError) -> [UInt8] {
  var output = [UInt8](repeating: 0, count: count)
  var failure: InflateError?
  var written = 0
  output.withUnsafeMutableBytes { buffer in
    var stream = DeflateStream(input: input, output: buffer)
    do throws(InflateError) { try stream.run() } catch { failure = error }
    written = stream.written
  }
  // A stream of another length than the output's is what a prefix has.
  if let failure, failure != .wrongLength { throw failure }
  return Array(output[..<written])
}

private struct DeflateStream {
  let input: UnsafeRawBufferPointer
  let output: UnsafeMutableRawBufferPointer
  var position = 0
  var written = 0
  /// Bits read from the input but not used, the next one lowest.
  var bits: UInt64 = 0
  var bitCount = 0

  init(input: UnsafeRawBufferPointer, output: UnsafeMutableRawBufferPointer) {
    self.input = input
    self.output = output
  }

  mutating func run() throws(InflateError) {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try copyStoredBlock()
      case 1: try copyBlock(.fixedLiterals, .fixedDistances)
      case 2:
        let (literals, distances) = try readTables()
        try copyBlock(literals, distances)
      default: throw .badBlock
      }
    }
    if written != output.count { throw .wrongLength }
  }

  /// Fills up to at least 48 bits, or as many as there are.
  private mutating func refill() {
    while bitCount <= 48 && position < input.count {
      bits |= UInt64(input[position]) << UInt64(bitCount)
      bitCount += 8
      position += 1
    }
  }

  private mutating func take(_ count: Int) throws(InflateError) -> Int {
    if bitCount < count {
      refill()
      if bitCount < count { throw .truncated }
    }
    let value = Int(bits & (1 << UInt64(count) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  private mutating func symbol(_ table: HuffmanTable) throws(InflateError) -> Int {
    if bitCount < HuffmanTable.maximumLength { refill() }
    let entry = table.entries[Int(bits) & (table.entries.count - 1)]
    let length = Int(entry & 15)
    if length == 0 { throw .badCode }
    if length > bitCount { throw .truncated }
    bits >>= UInt64(length)
    bitCount -= length
    return Int(entry >> 4)
  }

  private mutating func copyStoredBlock() throws(InflateError) {
    _ = try take(bitCount % 8)
    let length = try take(16)
    if try take(16) != ~length & 0xFFFF { throw .badBlock }
    let start = written
    // Whole bytes may wait among the bits.
    for _ in 0..<min(length, output.count - written) {
      output[written] = UInt8(try take(8))
      written += 1
    }
    if length > output.count - start { throw .wrongLength }
  }

  private mutating func copyBlock(_ literals: HuffmanTable, _ distances: HuffmanTable) throws(InflateError) {
    while true {
      let code = try symbol(literals)
      if code < 256 {
        if written == output.count { throw .wrongLength }
        output[written] = UInt8(code)
        written += 1
        continue
      }
      if code == 256 { return }
      guard code - 257 < lengthBases.count else { throw .badCode }
      let length = lengthBases[code - 257] + (try take(lengthExtraBits[code - 257]))
      let distanceCode = try symbol(distances)
      guard distanceCode < distanceBases.count else { throw .badCode }
      let distance = distanceBases[distanceCode] + (try take(distanceExtraBits[distanceCode]))
      if distance > written { throw .badCode }
      let start = written
      // The copy may overlap itself: byte by byte, in order.
      for _ in 0..<min(length, output.count - written) {
        output[written] = output[written - distance]
        written += 1
      }
      if length > output.count - start { throw .wrongLength }
    }
  }

  /// The code lengths of a dynamic block, themselves coded.
  private mutating func readTables() throws(InflateError) -> (HuffmanTable, HuffmanTable) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    if literalCount > 286 || distanceCount > 30 { throw .badBlock }
    var lengthLengths = [Int](repeating: 0, count: 19)
    for place in lengthOrder[..<lengthCount] { lengthLengths[place] = try take(3) }
    let lengthTable = try HuffmanTable(lengths: lengthLengths)
    var lengths: [Int] = []
    while lengths.count < literalCount + distanceCount {
      switch try symbol(lengthTable) {
      case 16:
        guard let last = lengths.last else { throw .badBlock }
        lengths += Array(repeating: last, count: try take(2) + 3)
      case 17: lengths += Array(repeating: 0, count: try take(3) + 3)
      case 18: lengths += Array(repeating: 0, count: try take(7) + 11)
      case let length: lengths.append(length)
      }
    }
    guard lengths.count == literalCount + distanceCount, lengths[256] > 0 else { throw .badBlock }
    return (
      try HuffmanTable(lengths: Array(lengths[..<literalCount])),
      try HuffmanTable(lengths: Array(lengths[literalCount...]), mayBeIncomplete: true)
    )
  }
}

/// A canonical Huffman code as one table over the next bits of the stream.
private struct HuffmanTable {
  static let maximumLength = 15

  /// `symbol << 4 | length` for every value of the next bits; length 0 where no code begins so.
  private(set) var entries: [UInt32]

  static let fixedLiterals = HuffmanTable(
    unchecked: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
  static let fixedDistances = HuffmanTable(unchecked: Array(repeating: 5, count: 32))

  /// - Parameters:
  ///   - lengths: The length of each symbol's code, 0 for symbols without one.
  ///   - mayBeIncomplete: Whether one code, or none, is allowed to leave bit patterns over: so for distances.
  init(lengths: [Int], mayBeIncomplete: Bool = false) throws(InflateError) {
    var space = 1 << Self.maximumLength
    for length in lengths where length > 0 { space -= 1 << (Self.maximumLength - length) }
    let codes = lengths.count { $0 > 0 }
    if space < 0 || (space > 0 && !(mayBeIncomplete && codes <= 1)) { throw .badBlock }
    self.init(unchecked: lengths)
  }

  private init(unchecked lengths: [Int]) {
    let width = lengths.reduce(1) { Swift.max($0, $1) }
    entries = [UInt32](repeating: 0, count: 1 << width)
    var code = 0
    for length in 1...width {
      code <<= 1
      for symbol in lengths.indices where lengths[symbol] == length {
        // Codes arrive with their highest bit first, so the table is indexed by the reversed code.
        var reversed = 0
        for bit in 0..<length where code >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
        for index in stride(from: reversed, to: entries.count, by: 1 << length) {
          entries[index] = UInt32(symbol << 4 | length)
        }
        code += 1
      }
    }
  }
}

// RFC 1951, section 3.2.5.
private let lengthExtraBits = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]
private let lengthBases = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195,
  227,
  258,
]
private let distanceExtraBits = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
]
private let distanceBases = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
  6145, 8193, 12289, 16385, 24577,
]
/// The order in which the lengths of the code-length code stand.
private let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
