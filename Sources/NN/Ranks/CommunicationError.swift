public import Tensor

/// Why ranks could not go on together.
public struct CommunicationError: CodedError {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// Another rank met an error, and said which.
    case rankFailed(rank: Int, reason: String)
    /// A rank ended, or cannot be reached, while others wait for it.
    case rankGone(rank: Int)
    /// The engine's own failure, by the name of the call and what it says.
    case engine(call: String, message: String)
  }

  /// What went wrong.
  public let code: Code

  /// A failure of a kind.
  public init(_ code: Code) { self.code = code }

  public var context: String {
    switch code {
    case .rankFailed(let rank, let reason): "rank \(rank) failed: \(reason)"
    case .rankGone(let rank): "rank \(rank) is gone while others wait for it"
    case .engine(let call, let message): "\(call): \(message)"
    }
  }
}
