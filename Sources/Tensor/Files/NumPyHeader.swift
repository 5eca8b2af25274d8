/// The header of an `.npy` file: scalar type, order and shape.
struct NumPyHeader {
  /// The type as NumPy writes it: `<f4`, `|b1`, `>i8`; a list in brackets for records.
  var descriptor: String
  var isFortranOrder: Bool
  var shape: TensorShape
  /// Where the elements begin.
  var dataOffset: Int

  /// The name that the scalar type has in tensors, and whether its bytes stand in reverse.
  var scalar: (name: String, size: Int, isBigEndian: Bool)? {
    guard let order = descriptor.first, "<>|=".contains(order) else { return nil }
    guard let (name, size) = Self.scalars[String(descriptor.dropFirst())] else { return nil }
    // NumPy marks single bytes with "|"; wider scalars need an order.
    if order == "|" && size > 1 { return nil }
    return (name, size, order == ">" && size > 1)
  }

  private static let scalars: [String: (String, Int)] = [
    "f4": ("float32", 4), "f8": ("float64", 8), "b1": ("bool", 1),
    "i1": ("int8", 1), "i2": ("int16", 2), "i4": ("int32", 4), "i8": ("int64", 8),
    "u1": ("uint8", 1), "u2": ("uint16", 2), "u4": ("uint32", 4), "u8": ("uint64", 8),
  ]

  /// The type that a scalar of tensors has in files that are written here: `<f4`, `|u1`.
  static func descriptor(ofScalar name: String) -> String {
    guard let (code, (_, size)) = scalars.first(where: { $0.value.0 == name }) else { return "" }
    return (size == 1 ? "|" : "<") + code
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The header's longest length that is read, far above any that NumPy writes for these scalars.
  static let lengthLimit = 1 << 20

  /// Where the dictionary stands, from the file's first 12 bytes; a file may have fewer.
  static func dictionaryRange(
    _ bytes: UnsafeRawBufferPointer, file: String, entry: String?
  ) throws(NumPyError) -> Range<Int> {
    func failure(_ code: NumPyError.Code, _ field: String?, _ detail: String) -> NumPyError {
      NumPyError(code, path: file, entry: entry, field: field, context: detail)
    }
    guard bytes.count >= 6, bytes.prefix(6).elementsEqual(Self.magic) else {
      throw failure(.notNumPy, "magic", "it does not begin with \\x93NUMPY")
    }
    guard bytes.count >= 10 else {
      throw failure(.badHeader, "version", "it ends after \(bytes.count) bytes")
    }
    let version = bytes[6]
    guard (1...3).contains(version) else {
      throw failure(.unsupportedVersion, "version", "version \(version).\(bytes[7]) is none of 1, 2 and 3")
    }
    let start = version == 1 ? 10 : 12
    guard bytes.count >= start else {
      throw failure(.badHeader, "length", "it ends after \(bytes.count) bytes")
    }
    let length =
      version == 1
      ? Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
      : Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    guard length <= Self.lengthLimit else {
      throw failure(.badHeader, "length", "a header of \(length) bytes, above \(Self.lengthLimit)")
    }
    return start..<start + length
  }

  init(_ bytes: UnsafeRawBufferPointer, file: String, entry: String?) throws(NumPyError) {
    func failure(_ code: NumPyError.Code, _ field: String?, _ detail: String) -> NumPyError {
      NumPyError(code, path: file, entry: entry, field: field, context: detail)
    }
    let range = try Self.dictionaryRange(bytes, file: file, entry: entry)
    guard range.upperBound <= bytes.count else {
      throw failure(
        .badHeader, "length", "a header of \(range.count) bytes in a file of \(bytes.count)")
    }
    var parser = PythonLiteralParser(bytes[range])
    guard let values = parser.dictionary() else {
      throw failure(.badHeader, nil, "the header is no dictionary of descr, fortran_order and shape")
    }
    if let extra = values.keys.first(where: { !["descr", "fortran_order", "shape"].contains($0) }) {
      throw failure(.badHeader, extra, "a header has descr, fortran_order and shape alone")
    }
    switch values["descr"] {
    case .text(let text): descriptor = text
    case .other(let text): descriptor = text
    default: throw failure(.badHeader, "descr", "the header has no scalar type")
    }
    guard case .boolean(let order) = values["fortran_order"] else {
      throw failure(.badHeader, "fortran_order", "neither True nor False")
    }
    isFortranOrder = order
    guard case .tuple(let lengths) = values["shape"] else {
      throw failure(.badHeader, "shape", "no tuple of whole numbers")
    }
    var product = 1
    for length in lengths {
      let (value, overflow) = product.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else { throw failure(.badShape, "shape", "lengths \(lengths)") }
      product = value
    }
    guard product <= Int.max / 8 else { throw failure(.badShape, "shape", "lengths \(lengths)") }
    shape = TensorShape(lengths)
    dataOffset = range.upperBound
  }

  /// The most axes that NumPy's arrays have, since its version 2.
  static let axisLimit = 64

  /// The bytes of a version 1 header, which holds ``axisLimit`` lengths, for elements in row-major order: a multiple of 64, as NumPy writes it.
  static func bytes(scalarName: String, shape: TensorShape) -> [UInt8] {
    let descriptor = descriptor(ofScalar: scalarName)
    let lengths = shape.dimensions.map { "\($0)" }.joined(separator: ", ") + (shape.rank == 1 ? "," : "")
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(lengths)), }"
    let total = (10 + text.utf8.count + 1 + 63) / 64 * 64
    text += String(repeating: " ", count: total - 10 - text.utf8.count - 1) + "\n"
    let length = UInt16(total - 10)
    return magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }
}
