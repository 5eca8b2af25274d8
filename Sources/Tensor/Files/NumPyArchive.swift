/// Named arrays in one `.npz` file, as `numpy.savez` and `numpy.savez_compressed` write them.
///
///     var archive = NumPyArchive()
///     try archive.add(images, named: "images")
///     try archive.add(labels, named: "labels")
///     try archive.write(to: "slices.npz")
///
///     let read = try NumPyArchive(contentsOf: "slices.npz")
///     let labels: Tensor<UInt8> = try read.tensor(named: "labels")
///
/// Reading a file reads its directory. An array is decoded when it is asked for, each time anew, so that one that
/// tensors cannot hold, such as text, or one that is damaged, leaves the others readable; ``info(named:)`` tells
/// its type without decoding it. The archive keeps the file's bytes in memory.
///
/// Stored and deflated entries are read; entries are written stored, which `numpy.load` reads faster. Names are
/// told apart by their UTF-8 bytes, as in the file.
public struct NumPyArchive: Sendable {
  /// The arrays' names, in the order of the file.
  public private(set) var names: [String] = []
  private var contents: [ExactName: Content] = [:]
  private var source: ZipArchive?
  private var file = ""

  private enum Content {
    case array(NumPyArray)
    /// An entry of `source`.
    case entry(ZipArchive.Entry)
  }

  /// An archive without arrays.
  public init() {}

  /// Opens an `.npz` file. Entries that are no `.npy` files are left out.
  ///
  /// - Throws: ``NumPyError``: the file cannot be read, is no zip archive, has a directory that contradicts it, or has
  ///   two arrays of one name (`badName`). What is wrong with one array is thrown when that is asked for.
  public init(contentsOf path: String) throws(NumPyError) {
    file = path
    let archive = try ZipArchive(try readFile(path), file: path)
    for entry in archive.entries where entry.name.utf8.suffix(4).elementsEqual(".npy".utf8) {
      guard let name = String(entry.name.utf8.dropLast(4)) else { continue }
      try insert(.entry(entry), named: name)
    }
    source = archive
  }

  /// The array of a name; nil when there is none.
  ///
  /// - Throws: ``NumPyError`` with the file, the array and the field that is wrong: `unsupportedScalar` for text,
  ///   records and other types that tensors do not have.
  public subscript(name: String) -> NumPyArray? {
    get throws(NumPyError) {
      switch contents[ExactName(name)] {
      case nil: return nil
      case .array(let array): return array
      case .entry(let entry):
        guard let source else { return nil }
        do {
          return try NumPyArray(source.contents(of: entry), file: file, entry: name)
        } catch {
          throw error.ofEntry(name)
        }
      }
    }
  }

  /// The tensor of a name.
  ///
  /// - Throws: ``NumPyError``: `missingEntry`, with the names that there are, `scalarMismatch`, or what is wrong with
  ///   the array.
  public func tensor<Scalar: TensorScalar>(
    named name: String, of type: Scalar.Type = Scalar.self
  ) throws(NumPyError) -> Tensor<Scalar> {
    guard let array = try self[name] else { throw missing(name) }
    return try array.tensor(of: type)
  }

  /// Type and shape of an array, from its header alone: nothing behind it is read, and the checksum is not compared.
  ///
  /// - Throws: ``NumPyError``: `missingEntry`, or what is wrong with the header. A type that tensors do not have is
  ///   nothing wrong.
  public func info(named name: String) throws(NumPyError) -> NumPyArrayInfo {
    switch contents[ExactName(name)] {
    case nil: throw missing(name)
    case .array(let array): return NumPyArrayInfo(array)
    case .entry(let entry):
      guard let source else { throw missing(name) }
      do {
        return try NumPyArrayInfo(of: entry, in: source)
      } catch {
        throw error.ofEntry(name)
      }
    }
  }

  /// Adds a tensor.
  ///
  /// - Throws: ``NumPyError`` with code `badName` for a name that is empty, taken, longer than 60,000 bytes, or that
  ///   has a zero byte, at which Python's reader would end it.
  public mutating func add(_ tensor: Tensor<some TensorScalar>, named name: String) throws(NumPyError) {
    guard !name.isEmpty, name.utf8.count <= 60_000, !name.utf8.contains(0) else {
      throw NumPyError(.badName, path: file, entry: name, context: "no name for an array")
    }
    try insert(.array(NumPyArray(tensor)), named: name)
  }

  /// Writes an `.npz` file that `numpy.load` reads. The file appears whole or not at all. Arrays that were read and not
  /// decoded are copied as they stand.
  ///
  /// - Throws: ``NumPyError``: `tooLarge` from 4 GiB on, `badShape` for more than the 64 axes that NumPy reads, what
  ///   is wrong with a damaged array that was read, `writeFailed`.
  public func write(to path: String) throws(NumPyError) {
    var writer = ZipWriter()
    for name in names {
      switch contents[ExactName(name)] {
      case nil: continue
      case .array(let array):
        try writer.append(name + ".npy", array.fileBytes(for: path, entry: name), file: path)
      case .entry(let entry):
        guard let source else { continue }
        try writer.append(name + ".npy", source.contents(of: entry), file: path)
      }
    }
    try writeFile(writer.finished(), to: path)
  }

  private mutating func insert(_ content: Content, named name: String) throws(NumPyError) {
    guard contents.updateValue(content, forKey: ExactName(name)) == nil else {
      throw NumPyError(.badName, path: file, entry: name, context: "the name is taken")
    }
    names.append(name)
  }

  private func missing(_ name: String) -> NumPyError {
    NumPyError(.missingEntry, path: file, entry: name, context: "there are \(names)")
  }
}

/// What the header of an array says.
public struct NumPyArrayInfo: Hashable, Sendable {
  /// The type as NumPy writes it: `<f4`, `|u1`, `<U6` for text; a list in brackets for records.
  public let descriptor: String
  /// The type's name as in ``TensorScalar/scalarName``; nil for a type that tensors do not have.
  public let scalarName: String?
  /// The lengths of the axes, outermost first.
  public let shape: TensorShape

  init(_ header: NumPyHeader) {
    descriptor = header.descriptor
    scalarName = header.scalar?.name
    shape = header.shape
  }

  init(_ array: NumPyArray) {
    descriptor = NumPyHeader.descriptor(ofScalar: array.scalarName)
    scalarName = array.scalarName
    shape = array.shape
  }

  init(of entry: ZipArchive.Entry, in archive: ZipArchive) throws(NumPyError) {
    let start = try archive.prefix(12, of: entry)
    let range = try start.withUnsafeBytes { bytes in
      Result { () throws(NumPyError) in
        try NumPyHeader.dictionaryRange(bytes, file: archive.file, entry: entry.name)
      }
    }.get()
    let header = try archive.prefix(range.upperBound, of: entry)
    self.init(
      try header.withUnsafeBytes { bytes in
        Result { () throws(NumPyError) in
          try NumPyHeader(bytes, file: archive.file, entry: entry.name)
        }
      }.get())
  }
}

extension NumPyError {
  /// The error with the array's name in place of the name of its file in the archive.
  fileprivate func ofEntry(_ name: String) -> NumPyError {
    NumPyError(code, path: path, entry: name, field: field, context: context, underlying: underlying)
  }
}
