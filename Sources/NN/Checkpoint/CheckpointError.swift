public import Tensor

/// Why a safetensors file or a checkpoint could not be read, written or loaded into a module.
public struct CheckpointError: CodedError {
  /// The kinds of failure.
  public enum Code: String, Sendable {
    /// The file does not exist or cannot be read.
    case unreadable
    /// The file cannot be written.
    case writeFailed
    /// The file ends before its header or its tensors do.
    case truncated
    /// The header is no JSON of the format's form, or contradicts itself.
    case badHeader
    /// A tensor's scalars are of a type that is not supported.
    case unsupportedScalar
    /// Names are missing, unexpected, or of another shape.
    case mismatch
    /// Weights or statistics are NaN or infinite.
    case notFinite
    /// A name that the format keeps for itself, or two names that a map makes one.
    case badName
    /// A header above the format's limit.
    case tooLarge
    /// The checkpoint belongs to another kind of training run.
    case incompatible
  }

  /// What kind of failure it is.
  public let code: Code
  /// The file.
  public let path: String
  /// The tensor, or the checkpoint's field, at fault; `nil` where the file itself is.
  public let field: String?
  /// Which field has which value, and what was expected.
  public let context: String
  /// The failure beneath this one, where there is one.
  public let underlying: (any Error)?

  /// A failure of a file.
  public init(
    _ code: Code, path: String, field: String? = nil, context: String, underlying: (any Error)? = nil
  ) {
    self.code = code
    self.path = path
    self.field = field
    self.context = context
    self.underlying = underlying
  }

  public var description: String { line(of: "\(path): \(code.rawValue)") }
}
