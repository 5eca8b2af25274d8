/// Why a batch could not be read or put together.
public struct DataError: CodedError {
  /// The kinds of failure.
  public enum Code: Hashable, Sendable {
    /// An example, by its index in the dataset, could not be read or changed; ``DataError/underlying`` says why. Steps are
    /// counted through all epochs.
    case exampleFailed(epoch: Int, step: Int, index: Int)
    /// The examples of a step could not be put together; ``DataError/underlying`` says why.
    case collationFailed(epoch: Int, step: Int)
    /// The sampler gave an index that a dataset of so many examples does not have.
    case indexOutsideDataset(index: Int, count: Int)
    /// Examples whose shapes differ do not form one tensor: that of the first, and one that differs from it.
    case shapesDiffer(first: TensorShape, other: TensorShape)
  }

  /// What went wrong.
  public let code: Code
  /// What the dataset, the transform or the collation threw.
  public let underlying: (any Error)?

  /// An error, and what it is the consequence of.
  public init(_ code: Code, underlying: (any Error)? = nil) {
    self.code = code
    self.underlying = underlying
  }

  public var context: String {
    switch code {
    case .exampleFailed(let epoch, let step, let index):
      "step \(step), epoch \(epoch): example \(index) failed"
    case .collationFailed(let epoch, let step): "step \(step), epoch \(epoch): the collation failed"
    case .indexOutsideDataset(let index, let count): "the sampler names example \(index) of \(count)"
    case .shapesDiffer(let first, let other): "examples of shapes \(first) and \(other) do not form a batch"
    }
  }
}
