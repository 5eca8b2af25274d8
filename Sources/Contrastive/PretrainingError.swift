public import Tensor

/// Why a pre-training cannot begin or go on.
public struct PretrainingError: CodedError {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// A number of a method is out of range, or does not fit the encoder or the data.
    case badSetting(method: String, field: String, value: String, reason: String)
    /// The images cannot be trained on.
    case badImages(String)
    /// A term of the loss needs views, of this kind, that were not made.
    case missingViews(String)
    /// The superpixel map, at the size it came in, cannot be sampled to the size of the feature map.
    case superpixelMapDoesNotFit(map: TensorShape, features: TensorShape)
    /// A queue's length is no multiple of the rows that are to go in.
    case queueDoesNotDivide(length: Int, rows: Int)
    /// Rows have not as many features as the queue that they are to go into.
    case otherFeatures(queue: TensorShape, rows: TensorShape)
  }

  /// What went wrong.
  public let code: Code
  /// The failure beneath this one, where there is one.
  public let underlying: (any Error)?

  /// An error of a kind, and what it is the consequence of.
  public init(_ code: Code, underlying: (any Error)? = nil) {
    self.code = code
    self.underlying = underlying
  }

  /// A number of a method that is out of range, or does not fit the encoder or the data.
  public static func badSetting(method: String, field: String, value: String, reason: String) -> Self {
    Self(.badSetting(method: method, field: field, value: value, reason: reason))
  }

  public var field: String? { if case .badSetting(_, let field, _, _) = code { field } else { nil } }

  public var context: String {
    switch code {
    case .badSetting(let method, let field, let value, let reason):
      "\(method): \(field) = \(value): \(reason)"
    case .badImages(let what): what
    case .missingViews(let kind): "a term of the loss needs \(kind) views, which are not there"
    case .superpixelMapDoesNotFit(let map, let features):
      "a superpixel map of shape \(map) does not fit a feature map of shape \(features)"
    case .queueDoesNotDivide(let length, let rows): "\(rows) rows do not divide a queue of \(length)"
    case .otherFeatures(let queue, let rows): "rows of shape \(rows) do not go into a queue of shape \(queue)"
    }
  }
}
