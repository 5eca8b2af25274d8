import Tensor

/// The JSON header of a safetensors file.
///
/// What the format forbids is refused: a key twice in any object, a length or an offset that is not a whole number
/// from 0 on, metadata that is not text, a header that does not begin with a brace. Fields of a tensor that the
/// format does not know are passed over, as its own reader does.
struct SafetensorsHeader {
  /// The largest header that is read and written; the format's own limit.
  static let limit = 100_000_000
  /// The key that is no tensor's.
  static let metadataKey = "__metadata__"

  /// A tensor as the header describes it.
  struct TensorField {
    var name: String
    var scalarType: String
    var lengths: [Int]
    /// First byte, and the byte behind the last.
    var offsets: [Int]
  }

  var metadata: [String: String] = [:]
  /// The tensors in the header's order.
  var tensors: [TensorField] = []

  init(metadata: [String: String]) { self.metadata = metadata }

  /// The bits of one scalar of the format's types.
  static let scalarBits = [
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64,
    "F64": 64,
    "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
  ]

  // MARK: Reading

  init(_ bytes: [UInt8], in range: Range<Int>) throws(JSONError) {
    guard range.isEmpty || bytes[range.lowerBound] == UInt8(ascii: "{") else {
      throw JSONError(path: [], position: range.lowerBound, detail: "it does not begin with a brace")
    }
    var reader = JSONReader(bytes, in: range)
    var (metadata, tensors) = (self.metadata, self.tensors)
    try reader.object { name, reader throws(JSONError) in
      if name == Self.metadataKey {
        metadata = try Self.metadata(&reader)
      } else {
        tensors.append(try TensorField(name, &reader))
      }
    }
    try reader.finish()
    (self.metadata, self.tensors) = (metadata, tensors)
  }

  private static func metadata(_ reader: inout JSONReader) throws(JSONError) -> [String: String] {
    var metadata: [String: String] = [:]
    try reader.object { key, reader throws(JSONError) in
      // Keys are Swift's strings here, which are equal when they look equal.
      guard metadata.updateValue(try reader.string(), forKey: key) == nil else {
        throw reader.failure("two keys that differ in their Unicode form alone")
      }
    }
    return metadata
  }

  /// The format allows neither holes between tensors, nor overlaps, nor bytes behind the last.
  func checkCoverage(of count: Int, path: String) throws(CheckpointError) {
    var end = 0
    for tensor in tensors.sorted(by: { $0.offsets.lexicographicallyPrecedes($1.offsets) }) {
      guard tensor.offsets[0] == end else {
        throw CheckpointError(
          .badHeader, path: path,
          context: "tensor '\(tensor.name)' begins at byte \(tensor.offsets[0]), expected \(end)")
      }
      end = tensor.offsets[1]
    }
    guard end == count else {
      throw CheckpointError(.badHeader, path: path, context: "\(count) bytes, the tensors end at \(end)")
    }
  }

  // MARK: Writing

  /// The header's bytes, a multiple of eight with the spaces behind.
  func text() -> [UInt8] {
    var text = [UInt8(ascii: "{")]
    func separate() { if text.count > 1 { text.append(UInt8(ascii: ",")) } }
    if !metadata.isEmpty {
      text.append(contentsOf: "\"\(Self.metadataKey)\":{".utf8)
      for (index, (key, value)) in metadata.sorted(by: { ExactName($0.key) < ExactName($1.key) }).enumerated()
      {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        text.appendJSONString(key)
        text.append(UInt8(ascii: ":"))
        text.appendJSONString(value)
      }
      text.append(UInt8(ascii: "}"))
    }
    for tensor in tensors {
      separate()
      text.appendJSONString(tensor.name)
      let lengths = tensor.lengths.map(String.init).joined(separator: ",")
      text.append(
        contentsOf:
          ":{\"dtype\":\"\(tensor.scalarType)\",\"shape\":[\(lengths)],\"data_offsets\":[\(tensor.offsets[0]),\(tensor.offsets[1])]}"
          .utf8)
    }
    text.append(UInt8(ascii: "}"))
    return text + [UInt8](repeating: 0x20, count: (8 - text.count % 8) % 8)
  }
}

extension SafetensorsHeader.TensorField {
  /// Reads the object that follows a tensor's name.
  fileprivate init(_ name: String, _ reader: inout JSONReader) throws(JSONError) {
    var scalarType: String?
    var lengths: [Int]?
    var offsets: [Int]?
    try reader.object { key, reader throws(JSONError) in
      switch key {
      case "dtype": scalarType = try reader.string()
      case "shape": lengths = try reader.counts()
      case "data_offsets": offsets = try reader.counts()
      default: try reader.skipValue()
      }
    }
    guard let scalarType, let lengths, let offsets, offsets.count == 2 else {
      throw reader.failure("no dtype, no shape, or not two data_offsets")
    }
    self.init(name: name, scalarType: scalarType, lengths: lengths, offsets: offsets)
  }

  /// Where the tensor stands among `count` bytes.
  func range(of count: Int, path: String) throws(CheckpointError) -> Range<Int> {
    guard let bits = SafetensorsHeader.scalarBits[scalarType] else {
      throw CheckpointError(
        .unsupportedScalar, path: path, field: name, context: "tensor '\(name)' has dtype \(scalarType)")
    }
    var elements = 1
    var overflows = false
    for length in lengths {
      let (product, overflow) = elements.multipliedReportingOverflow(by: length)
      overflows = overflows || overflow
      elements = product
    }
    let (size, overflow) = elements.multipliedReportingOverflow(by: bits)
    guard !overflows, !overflow, size % 8 == 0 else {
      throw CheckpointError(
        .badHeader, path: path, field: name, context: "tensor '\(name)' has shape \(lengths)")
    }
    guard offsets[0] <= offsets[1], offsets[1] - offsets[0] == size / 8 else {
      throw CheckpointError(
        .badHeader, path: path, field: name,
        context: "tensor '\(name)' of \(size / 8) bytes has offsets \(offsets)")
    }
    guard offsets[1] <= count else {
      throw CheckpointError(
        .truncated, path: path, field: name,
        context: "tensor '\(name)' ends at \(offsets[1]) of \(count) bytes")
    }
    return offsets[0]..<offsets[1]
  }
}

extension [UInt8] {
  /// Appends a string of JSON: quotes, backslashes and control characters escaped, everything else in UTF-8.
  fileprivate mutating func appendJSONString(_ text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(contentsOf: [UInt8(ascii: "\\"), byte])
      case 0..<0x10: append(contentsOf: "\\u000\(String(byte, radix: 16))".utf8)
      case 0x10..<0x20: append(contentsOf: "\\u00\(String(byte, radix: 16))".utf8)
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }
}
