/// Why a file of NumPy could not be read or written: the kind, the file, and where in it.
public struct NumPyError: CodedError {
  /// The kind of failure.
  public enum Code: String, Hashable, Sendable {
    /// There is no such file.
    case notFound
    /// A directory, a pipe or a device.
    case notRegularFile
    /// The system refused to read it.
    case unreadable
    /// The file does not begin as an `.npy` file does.
    case notNumPy
    /// A format version other than 1, 2 and 3.
    case unsupportedVersion
    /// The header is cut short, is no dictionary, or lacks a key.
    case badHeader
    /// A scalar type that tensors do not have: complex, half precision, text, records, objects.
    case unsupportedScalar
    /// The file's scalar type is not the one that was asked for.
    case scalarMismatch
    /// A negative length, or more elements than can be counted.
    case badShape
    /// Fewer bytes than the shape needs.
    case truncatedData
    /// The file does not end as a zip archive does.
    case notZip
    /// The archive's directory contradicts itself or the file.
    case badArchive
    /// An entry is encrypted or compressed in another way than deflate.
    case unsupportedCompression
    /// An entry's bytes do not give its checksum, or its compressed stream is broken.
    case corruptEntry
    /// The archive has no array of this name.
    case missingEntry
    /// Two arrays of one name, or a name that cannot stand in an archive.
    case badName
    /// More than 4 GiB, which needs an extension of zip that is read but not written here.
    case tooLarge
    /// The system refused to write it.
    case writeFailed
  }

  /// What is wrong.
  public let code: Code
  /// The file's path.
  public let path: String
  /// The array's name within an archive.
  public let entry: String?
  /// The field of the header that is wrong.
  public let field: String?
  /// What was found, and what was expected.
  public let context: String
  /// The failure beneath this one, where there is one.
  public let underlying: (any Error)?

  /// An error of a file, and where in it.
  public init(
    _ code: Code, path: String, entry: String? = nil, field: String? = nil, context: String,
    underlying: (any Error)? = nil
  ) {
    self.code = code
    self.path = path
    self.entry = entry
    self.field = field
    self.context = context
    self.underlying = underlying
  }

  public var description: String {
    var place = path
    if let entry { place += ", array \(entry)" }
    if let field { place += ", field \(field)" }
    return "\(line(of: place)) (\(code.rawValue))"
  }
}
