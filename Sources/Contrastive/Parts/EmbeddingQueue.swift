public import NN
public import Tensor

/// The embeddings of the last batches, in a ring of K rows: MoCo's negatives, SwAV's memory for codes.
///
/// New rows overwrite the oldest. The ring and its counter are saved with the learner that lists it, so that a resumed
/// training writes where the first one would have. It holds K d numbers and takes no gradient.
///
/// Source: He et al., CVPR 2020, section 3.2.
public final class EmbeddingQueue<Scalar: TensorFloatingPointScalar>: Module {
  /// The rows `[K, d]`, in the order of the ring, not of their age.
  public let rows: ModuleBuffer<Scalar>
  private let enqueued = ModuleCounter()

  /// A queue without embeddings: zeros until it is full.
  ///
  /// - Precondition: length and features are at least 1.
  public init(length: Int, features: Int) {
    shapePrecondition(
      length >= 1 && features >= 1, "a queue of \(length) rows with \(features) features holds nothing")
    rows = ModuleBuffer(Tensor(zeros: [length, features]))
  }

  /// A queue that begins with random directions: Gaussian rows of length 1.
  ///
  /// - Precondition: length and features are at least 1.
  public convenience init(
    length: Int, features: Int, randomUsing generator: inout some RandomNumberGenerator
  ) {
    self.init(length: length, features: features)
    rows.value = .randomUnitRows(count: length, features: features, using: &generator)
  }

  public var members: [ModuleMember<Scalar>] { [.buffer("rows", rows), .counter("enqueued", enqueued)] }

  /// Rows that the queue holds at most: K.
  public var length: Int { rows.value.shape[0] }
  /// Numbers of a row: d.
  public var features: Int { rows.value.shape[1] }
  /// Rows that were ever put in.
  public var enqueuedCount: Int { enqueued.value }
  /// Where the next row goes, in 0..<K.
  public var nextSlot: Int { enqueued.value % length }
  /// Whether no row is left from the beginning.
  public var isFull: Bool { enqueued.value >= length }

  /// Overwrites the oldest rows with new ones `[B, d]`, the first of them at ``nextSlot``.
  ///
  /// - Throws: ``PretrainingError``: B does not divide K, or the rows have another length. Nothing is changed.
  public func enqueue(_ new: Tensor<Scalar>) throws(PretrainingError) {
    guard new.rank == 2, new.shape[1] == features else {
      throw PretrainingError(.otherFeatures(queue: rows.value.shape, rows: new.shape))
    }
    let count = new.shape[0]
    guard count >= 1, length % count == 0 else {
      throw PretrainingError(.queueDoesNotDivide(length: length, rows: count))
    }
    let (features, length, first) = (features, length, nextSlot)
    new.withUnsafeBufferPointer { source in
      rows.value.withUnsafeMutableBufferPointer { target in
        for row in 0..<count {
          let slot = (first + row) % length
          for feature in 0..<features { target[slot * features + feature] = source[row * features + feature] }
        }
      }
    }
    enqueued.value += count
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Random directions: Gaussian rows of length 1.
  static func randomUnitRows(
    count: Int, features: Int, using generator: inout some RandomNumberGenerator
  ) -> Tensor {
    Tensor(normalWithMean: 0, standardDeviation: 1, shape: [count, features], using: &generator).unitRows()
  }
}
