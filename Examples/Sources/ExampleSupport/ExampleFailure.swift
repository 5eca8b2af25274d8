public import MedIO

/// A failure that ends an example with one line on stderr and one of the exit codes of sysexits.h.
public struct ExampleFailure: Error, CustomStringConvertible {
  public enum Kind: Int32, Sendable {
    /// Wrong arguments (EX_USAGE).
    case usage = 64
    /// The input can be read but is broken (EX_DATAERR).
    case data = 65
    /// The input does not exist or cannot be read (EX_NOINPUT).
    case noInput = 66
    /// The output cannot be written (EX_CANTCREAT).
    case cannotCreate = 73
  }

  public let kind: Kind
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// A file that could not be read or written, or that is broken.
  public init(_ error: MedIOError) {
    switch error.code {
    case .notFound, .notRegularFile, .unreadable, .missingPair: self.init(.noInput, error.description)
    case .writeFailed: self.init(.cannotCreate, error.description)
    default: self.init(.data, error.description)
    }
  }
}
