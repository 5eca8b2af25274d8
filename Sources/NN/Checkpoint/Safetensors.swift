public import Foundation
public import Tensor

/// A file of named tensors in the safetensors format: eight bytes with the length of a JSON header, the header,
/// then the tensors' bytes, little-endian and without gaps.
///
/// Source: the format's specification, https://github.com/huggingface/safetensors (format section).
public struct Safetensors: Sendable {
  /// One tensor as it stands in a file.
  public struct Entry: Sendable, Equatable {
    /// The type's name in the file: F32, F64, I64, I32, I16, I8, U8, U16, U32, U64 or BOOL.
    public let scalarType: String
    /// The lengths of the axes, outermost first.
    public let shape: TensorShape
    /// Row-major little-endian bytes.
    public let bytes: [UInt8]
  }

  /// The tensors by name.
  public private(set) var entries: [String: Entry] = [:]
  /// Free text beside the tensors, `__metadata__` in the file.
  public var metadata: [String: String] = [:]

  /// A file without tensors.
  public init() {}

  /// The largest header that is read; the format's own limit.
  static let headerLimit = 100_000_000

  // MARK: Tensors

  /// Stores a tensor under a name, replacing what was there.
  public mutating func set<Scalar: TensorScalar>(_ tensor: Tensor<Scalar>, for name: String) {
    entries[name] = Entry(
      scalarType: Self.scalarTypes[Scalar.scalarName] ?? Scalar.scalarName, shape: tensor.shape,
      bytes: tensor.withUnsafeBufferPointer { Array(UnsafeRawBufferPointer($0)) })
  }

  /// Stores a tensor as it stands in another file.
  public mutating func set(_ entry: Entry, for name: String) { entries[name] = entry }

  /// The tensors whose names begin with `section.`, under the rest of their names.
  ///
  ///     try network.encoder.load(Safetensors(contentsOf: url).section("encoder"))
  public func section(_ section: String) -> Safetensors {
    var part = Safetensors()
    let prefix = "\(section)."
    for (name, entry) in entries where name.hasPrefix(prefix) {
      part.set(entry, for: String(name.dropFirst(prefix.count)))
    }
    return part
  }

  /// The tensor under a name, or `nil` when there is none or its scalars are of another type. No conversion.
  public func tensor<Scalar: TensorScalar>(_ name: String, of type: Scalar.Type = Scalar.self) -> Tensor<
    Scalar
  >? {
    guard let entry = entries[name], entry.scalarType == Self.scalarTypes[Scalar.scalarName] else {
      return nil
    }
    // A truth value in memory is 0 or 1 and nothing else.
    let bytes = Scalar.self == Bool.self ? entry.bytes.map { $0 == 0 ? 0 : 1 } : entry.bytes
    return Tensor(shape: entry.shape) { buffer in
      UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
    }
  }

  /// The floating-point tensor under a name, converted between F32 and F64 as needed.
  public func floatingPoint<Scalar: TensorFloatingPointScalar>(
    _ name: String, as type: Scalar.Type = Scalar.self
  ) -> Tensor<Scalar>? {
    if let same = tensor(name, of: Scalar.self) { return same }
    if let single = tensor(name, of: Float.self) { return Tensor(converting: single) }
    if let double = tensor(name, of: Double.self) { return Tensor(converting: double) }
    return nil
  }

  private static let scalarTypes = [
    "float32": "F32", "float64": "F64", "int8": "I8", "int16": "I16", "int32": "I32", "int64": "I64",
    "uint8": "U8", "uint16": "U16", "uint32": "U32", "uint64": "U64", "bool": "BOOL",
  ]

  private static let scalarSizes = [
    "F32": 4, "F64": 8, "I8": 1, "I16": 2, "I32": 4, "I64": 8, "U8": 1, "U16": 2, "U32": 4, "U64": 8,
    "BOOL": 1,
  ]

  // MARK: Files

  /// Writes the file whole or not at all, kill and power loss included: to a file beside it, which is synchronised and
  /// then takes its name. Tensors stand in the order of their names, so equal content gives equal bytes.
  ///
  /// - Throws: ``CheckpointError`` with code `writeFailed`.
  public func write(to url: URL) throws(CheckpointError) {
    do {
      try DurableFile.replace(url.path, with: data())
    } catch {
      throw CheckpointError(.writeFailed, path: url.path, context: "\(error)")
    }
  }

  /// The file's bytes.
  public func data() -> Data {
    var header: [String: Any] = [:]
    var body = Data()
    for name in entries.keys.sorted() {
      guard let entry = entries[name] else { continue }
      header[name] = [
        "dtype": entry.scalarType, "shape": entry.shape.dimensions,
        "data_offsets": [body.count, body.count + entry.bytes.count],
      ]
      body.append(contentsOf: entry.bytes)
    }
    if !metadata.isEmpty { header["__metadata__"] = metadata }
    var json =
      (try? JSONSerialization.data(withJSONObject: header, options: [.sortedKeys])) ?? Data("{}".utf8)
    json.append(contentsOf: [UInt8](repeating: 0x20, count: (8 - json.count % 8) % 8))
    var length = UInt64(json.count).littleEndian
    return withUnsafeBytes(of: &length) { Data($0) } + json + body
  }

  /// Reads a file.
  ///
  /// - Throws: ``CheckpointError``: `unreadable`, `truncated`, `badHeader` or `unsupportedScalar`, naming the file and
  ///   the tensor.
  public init(contentsOf url: URL) throws(CheckpointError) {
    let data: Data
    do {
      data = try Data(contentsOf: url)
    } catch {
      throw CheckpointError(.unreadable, path: url.path, context: "the file cannot be read")
    }
    try self.init(data, path: url.path)
  }

  /// Reads a file's bytes; `path` is for messages.
  public init(_ data: Data, path: String) throws(CheckpointError) {
    let bytes = [UInt8](data)
    guard bytes.count >= 8 else {
      throw CheckpointError(.truncated, path: path, context: "\(bytes.count) bytes hold no header length")
    }
    let length = bytes[0..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(Self.headerLimit) else {
      throw CheckpointError(.badHeader, path: path, context: "header length \(length)")
    }
    let start = 8 + Int(length)
    guard start <= bytes.count else {
      throw CheckpointError(
        .truncated, path: path, context: "header of \(length) bytes in a file of \(bytes.count)")
    }
    guard let header = try? JSONSerialization.jsonObject(with: Data(bytes[8..<start])) as? [String: Any]
    else {
      throw CheckpointError(.badHeader, path: path, context: "the header is not a JSON object")
    }
    var ranges: [Range<Int>] = []
    for (name, value) in header {
      if name == "__metadata__" {
        metadata = value as? [String: String] ?? [:]
      } else {
        let (entry, range) = try Self.entry(name, value, body: bytes[start...], path: path)
        entries[name] = entry
        ranges.append(range)
      }
    }
    try Self.checkCoverage(ranges, of: bytes.count - start, path: path)
  }

  /// The format allows neither holes between tensors, nor overlaps, nor bytes behind the last.
  private static func checkCoverage(
    _ ranges: [Range<Int>], of count: Int, path: String
  ) throws(CheckpointError) {
    var end = 0
    for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
      guard range.lowerBound == end else {
        throw CheckpointError(
          .badHeader, path: path, context: "a tensor begins at byte \(range.lowerBound), expected \(end)")
      }
      end = range.upperBound
    }
    guard end == count else {
      throw CheckpointError(.badHeader, path: path, context: "\(count) bytes, the tensors end at \(end)")
    }
  }

  private static func entry(
    _ name: String, _ value: Any, body: ArraySlice<UInt8>, path: String
  ) throws(CheckpointError) -> (Entry, Range<Int>) {
    guard let fields = value as? [String: Any], let type = fields["dtype"] as? String,
      let lengths = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int],
      offsets.count == 2
    else {
      throw CheckpointError(.badHeader, path: path, context: "tensor '\(name)' lacks dtype, shape or offsets")
    }
    guard let size = scalarSizes[type] else {
      throw CheckpointError(.unsupportedScalar, path: path, context: "tensor '\(name)' has dtype \(type)")
    }
    var count = size
    for length in lengths {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard length >= 0, !overflow else {
        throw CheckpointError(.badHeader, path: path, context: "tensor '\(name)' has shape \(lengths)")
      }
      count = product
    }
    guard offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] - offsets[0] == count else {
      throw CheckpointError(
        .badHeader, path: path, context: "tensor '\(name)' of \(count) bytes has offsets \(offsets)")
    }
    guard offsets[1] <= body.count else {
      throw CheckpointError(
        .truncated, path: path, context: "tensor '\(name)' ends at \(offsets[1]) of \(body.count) bytes")
    }
    let first = body.startIndex + offsets[0]
    let bytes = Array(body[first..<first + count])
    return (
      Entry(scalarType: type, shape: TensorShape(lengths), bytes: bytes), offsets[0]..<offsets[1]
    )
  }
}
