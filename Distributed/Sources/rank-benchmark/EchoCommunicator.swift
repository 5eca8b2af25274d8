import NN
import Synchronization
import Tensor

/// One process that computes what a rank of several does, with its own values for those of the others: no message, but each
/// is counted. What the cost model knows of a training comes from this.
final class EchoCommunicator: Communicator {
  let rank = 0
  let count: Int

  /// What was said since the start.
  struct Counts {
    var sums = 0
    var sumBytes = 0
    var gathers = 0
    var gatherBytes = 0
    var gradientBytes = 0
    /// When each begun sum was begun, and when the first was waited for.
    var begun: [ContinuousClock.Instant] = []
    var waited: ContinuousClock.Instant?
  }

  private let counts = Mutex(Counts())
  var said: Counts { counts.withLock { $0 } }

  init(count: Int) { self.count = count }

  func sum<Scalar: TensorFloatingPointScalar>(_ values: Tensor<Scalar>) -> Tensor<Scalar> {
    counts.withLock {
      $0.sums += 1
      $0.sumBytes += values.shape.elementCount * MemoryLayout<Scalar>.size
    }
    return values * Scalar(count)
  }

  func startSum<Scalar: TensorFloatingPointScalar>(_ values: Tensor<Scalar>) -> PendingSum<Scalar> {
    counts.withLock {
      $0.gradientBytes += values.shape.elementCount * MemoryLayout<Scalar>.size
      $0.begun.append(.now)
    }
    return PendingSum(
      advance: {},
      finish: { [self] () throws(CommunicationError) in
        counts.withLock { if $0.waited == nil { $0.waited = .now } }
        return values
      })
  }

  func gather<Scalar: TensorScalar>(_ rows: Tensor<Scalar>) -> Tensor<Scalar> {
    counts.withLock {
      $0.gathers += 1
      $0.gatherBytes += rows.shape.elementCount * MemoryLayout<Scalar>.size
    }
    return Tensor(concatenating: Array(repeating: rows, count: count), along: 0)
  }

  func scatterSum<Scalar: TensorFloatingPointScalar>(_ rows: Tensor<Scalar>) -> Tensor<Scalar> {
    // A gather's way back, which the model counts with it.
    rows.sliced(along: 0, 0..<rows.shape[0] / count) * Scalar(count)
  }

  func broadcast<Scalar: TensorScalar>(_ values: Tensor<Scalar>, from rank: Int) -> Tensor<Scalar> { values }
  func barrier() {}
  func leave(_ reason: String) {}
}
