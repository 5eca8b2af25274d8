/// What becomes of the last examples of an epoch when they do not fill a batch.
public enum LastBatch: String, Hashable, Sendable, Codable {
  /// They form a smaller batch.
  case kept
  /// They are left out, so that every batch has the same size.
  case dropped
}

/// How a training that runs on and on cuts its epochs, each of which shows every example once, into batches.
public enum EpochBatching: Hashable, Sendable, Codable {
  /// Without a break: a batch may reach into the next epoch, so that all have one size and every example is shown.
  case continuous
  /// Each epoch by itself. SuperCL's released code drops the rest in pre-training and keeps a smaller batch in
  /// fine-tuning.
  case perEpoch(LastBatch)

  /// The places that batch number `step`, from 0, takes: an epoch, and places in its order of `count` examples.
  ///
  /// - Precondition: there are examples, and batches: a set that does not fill one batch cannot drop the rest.
  /// - Complexity: O(size).
  package func places(step: Int, size: Int, count: Int) -> [(epoch: Int, place: Int)] {
    shapePrecondition(count > 0 && size > 0, "a batch of \(size) from \(count) elements")
    guard case .perEpoch(let lastBatch) = self else {
      return (step * size..<(step + 1) * size).map { ($0 / count, $0 % count) }
    }
    let batches = lastBatch == .kept ? (count + size - 1) / size : count / size
    shapePrecondition(
      batches > 0, "\(count) elements do not fill a batch of \(size), and the rest is dropped")
    let first = step % batches * size
    return (first..<min(first + size, count)).map { (step / batches, $0) }
  }
}
