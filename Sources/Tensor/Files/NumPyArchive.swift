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
/// Stored and deflated entries are read; entries are written stored, which `numpy.load` reads faster.
public struct NumPyArchive: Sendable {
  /// The arrays' names, in the order of the file.
  public private(set) var names: [String] = []
  private var arrays: [String: NumPyArray] = [:]
  private var file = ""

  /// An archive without arrays.
  public init() {}

  /// Reads all arrays of an `.npz` file. Entries that are no `.npy` files are left out.
  ///
  /// - Throws: ``NumPyError`` with the file, the array and the field that is wrong.
  public init(contentsOf path: String) throws(NumPyError) {
    file = path
    let archive = try ZipArchive(try readFile(path), file: path)
    for entry in archive.entries where entry.name.hasSuffix(".npy") {
      let name = String(entry.name.dropLast(4))
      try insert(try NumPyArray(archive.contents(of: entry), file: path, entry: name), named: name)
    }
  }

  /// The array of a name; nil when there is none.
  public subscript(name: String) -> NumPyArray? { arrays[name] }

  /// The tensor of a name.
  ///
  /// - Throws: ``NumPyError``: `missingEntry`, with the names that there are, or `scalarMismatch`.
  public func tensor<Scalar: TensorScalar>(
    named name: String, of type: Scalar.Type = Scalar.self
  ) throws(NumPyError) -> Tensor<Scalar> {
    guard let array = arrays[name] else {
      throw NumPyError(.missingEntry, file: file, entry: name, detail: "there are \(names)")
    }
    return try array.tensor(of: type)
  }

  /// Adds a tensor.
  ///
  /// - Throws: ``NumPyError`` with code `badName` for a name that is empty, taken, or longer than 60,000 bytes.
  public mutating func add(_ tensor: Tensor<some TensorScalar>, named name: String) throws(NumPyError) {
    try insert(NumPyArray(tensor), named: name)
  }

  /// Writes an `.npz` file that `numpy.load` reads. The file appears whole or not at all.
  ///
  /// - Throws: ``NumPyError``: `tooLarge` from 4 GiB on, `writeFailed`.
  public func write(to path: String) throws(NumPyError) {
    var writer = ZipWriter()
    for name in names {
      guard let array = arrays[name] else { continue }
      try writer.append(name + ".npy", array.fileBytes(), file: path)
    }
    try writeFile(writer.finished(), to: path)
  }

  private mutating func insert(_ array: NumPyArray, named name: String) throws(NumPyError) {
    guard !name.isEmpty, name.utf8.count <= 60_000, arrays[name] == nil else {
      throw NumPyError(
        .badName, file: file, entry: name,
        detail: arrays[name] == nil ? "no name for an array" : "the name is taken")
    }
    names.append(name)
    arrays[name] = array
  }
}
