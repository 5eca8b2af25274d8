public import Tensor

/// A file of named tensors in the safetensors format: eight bytes with the length of a JSON header, the header,
/// then the tensors' bytes, little-endian and without gaps.
///
/// Names are told apart by their UTF-8 bytes, as in the file. Tensors of the format's types that `Tensor` does not
/// have, such as BF16, are kept as bytes: they do not hinder the others, are written as they were, and are refused when
/// a module asks for them.
///
/// Source: the format's specification, https://github.com/huggingface/safetensors (format section).
public struct Safetensors: Sendable {
  /// One tensor as it stands in a file.
  public struct Entry: Sendable, Equatable {
    /// The type's name in the file: F32, F64, I64, I32, I16, I8, U8, U16, U32, U64, BOOL, or another of the format's.
    public let scalarType: String
    /// The lengths of the axes, outermost first.
    public let shape: TensorShape
    /// Row-major little-endian bytes.
    public let bytes: [UInt8]
  }

  /// The tensors by name.
  public internal(set) var entries = Entries()
  /// Free text beside the tensors, `__metadata__` in the file.
  public var metadata: [String: String] = [:]

  /// A file without tensors.
  public init() {}

  /// Stores a tensor under a name, replacing what was there. The format keeps the name `__metadata__` for itself:
  /// writing a tensor of that name is an error.
  public mutating func set<Scalar: TensorScalar>(_ tensor: Tensor<Scalar>, for name: String) {
    set(
      Entry(
        scalarType: Self.scalarTypes[Scalar.scalarName] ?? Scalar.scalarName, shape: tensor.shape,
        bytes: tensor.withUnsafeBufferPointer { Array(UnsafeRawBufferPointer($0)) }),
      for: name)
  }

  /// Stores a tensor as it stands in another file.
  public mutating func set(_ entry: Entry, for name: String) { entries[name] = entry }

  /// The tensors whose names begin with `section.`, under the rest of their names.
  ///
  ///     try network.encoder.load(Safetensors(contentsOf: url).section("encoder"))
  public func section(_ section: String) -> Safetensors {
    var part = Safetensors()
    let prefix = Array("\(section).".utf8)
    for (name, entry) in entries where name.utf8.starts(with: prefix) {
      part.set(entry, for: String(decoding: name.utf8.dropFirst(prefix.count), as: UTF8.self))
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
}

extension Safetensors {
  /// The tensors of a file by name, in the order of the names' UTF-8 bytes.
  public struct Entries: Sendable, Equatable, Sequence {
    private var table: [ExactName: Entry] = [:]

    init() {}

    /// The tensor of a name, or `nil`.
    public internal(set) subscript(name: String) -> Entry? {
      get { table[ExactName(name)] }
      set { table[ExactName(name)] = newValue }
    }

    /// The names, in the order of their UTF-8 bytes.
    public var keys: [String] { table.keys.sorted().map(\.text) }

    /// How many tensors there are.
    public var count: Int { table.count }

    /// Whether there are none.
    public var isEmpty: Bool { table.isEmpty }

    /// Names and tensors, in the order of the names.
    public func makeIterator() -> some IteratorProtocol<(name: String, entry: Entry)> {
      table.sorted { $0.key < $1.key }.lazy.map { (name: $0.key.text, entry: $0.value) }.makeIterator()
    }
  }
}
