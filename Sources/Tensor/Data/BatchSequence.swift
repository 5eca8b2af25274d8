import Dispatch
import Foundation

/// Batches in order, read ahead while the loop works; see ``DataLoader``.
public struct BatchSequence<Batch: Sendable>: Sequence {
  let range: Range<Int>
  let workerCount: Int
  let prefetchCount: Int
  let read: @Sendable (Int) -> Result<Batch, DataError>

  /// The number of batches.
  public var underestimatedCount: Int { range.count }

  public func makeIterator() -> Iterator {
    Iterator(
      BatchPipeline(range: range, workerCount: workerCount, prefetchCount: prefetchCount, read: read))
  }

  /// Hands out the batches in order. The last reference that goes away stops the reading.
  public final class Iterator: IteratorProtocol {
    private let pipeline: BatchPipeline<Batch>

    init(_ pipeline: BatchPipeline<Batch>) {
      self.pipeline = pipeline
      pipeline.start()
    }

    deinit { pipeline.cancel() }

    /// The next batch, or why it could not be read; nil after the last one, and after ``cancel()``.
    public func next() -> Result<Batch, DataError>? { pipeline.next() }

    /// Stops the reading: nothing new is begun, and ``next()`` returns nil, also where it waits on another
    /// thread.
    public func cancel() { pipeline.cancel() }
  }
}

/// A window of batches that moves over the steps: at most `workerCount` are being read, and at most
/// `prefetchCount` are read or ready ahead of the next one.
///
/// All state is guarded by `condition`.
final class BatchPipeline<Batch: Sendable>: Sendable {
  private let end: Int
  private let workerCount: Int
  private let prefetchCount: Int
  private let read: @Sendable (Int) -> Result<Batch, DataError>
  private let queue = DispatchQueue(label: "SuperCL.DataLoader", attributes: .concurrent)
  private let condition = NSCondition()
  private nonisolated(unsafe) var state: State

  private struct State {
    /// The next batch to hand out, and the next to begin.
    var delivered: Int
    var started: Int
    var running = 0
    var ready: [Int: Result<Batch, DataError>] = [:]
    var isCancelled = false
  }

  init(
    range: Range<Int>, workerCount: Int, prefetchCount: Int,
    read: @escaping @Sendable (Int) -> Result<Batch, DataError>
  ) {
    end = range.upperBound
    self.workerCount = workerCount
    self.prefetchCount = prefetchCount
    self.read = read
    state = State(delivered: range.lowerBound, started: range.lowerBound)
  }

  func start() {
    guard workerCount > 0 else { return }
    condition.withLock { fill() }
  }

  func cancel() {
    condition.withLock {
      state.isCancelled = true
      state.ready = [:]
      condition.broadcast()
    }
  }

  func next() -> Result<Batch, DataError>? {
    if workerCount == 0 {
      let batch: Int? = condition.withLock {
        guard !state.isCancelled && state.delivered < end else { return nil }
        state.delivered += 1
        return state.delivered - 1
      }
      return batch.map { read($0) }
    }
    return condition.withLock {
      guard state.delivered < end else { return nil }
      while !state.isCancelled {
        // Even without prefetching the batch that is waited for is read.
        fill(isWaiting: true)
        if let result = state.ready.removeValue(forKey: state.delivered) {
          state.delivered += 1
          fill()
          return result
        }
        condition.wait()
      }
      return nil
    }
  }

  /// Begins batches until the window or the workers are full. Called with the lock.
  private func fill(isWaiting: Bool = false) {
    let limit = min(end, state.delivered + Swift.max(prefetchCount, isWaiting ? 1 : 0))
    while !state.isCancelled && state.running < workerCount && state.started < limit {
      let batch = state.started
      state.started += 1
      state.running += 1
      queue.async { [self] in
        // The training has the cores: loops inside a worker run on its thread alone.
        let result = Parallel.serially { read(batch) }
        condition.withLock {
          state.running -= 1
          if !state.isCancelled { state.ready[batch] = result }
          fill()
          condition.broadcast()
        }
      }
    }
  }
}
