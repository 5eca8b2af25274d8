import Foundation
import Synchronization
import Tensor

/// Trainings that do not depend on one another, side by side, each on its share of the processors.
///
/// A small network's loops are short: two processors that share one training wait for each other at every loop's end, two
/// that have a training each never do. The results are the same to the last bit, for they do not depend on the number of
/// threads (`ComputeThreads`).
package enum SideBySide {
  /// What `train` makes of each item, in the items' order: as many at once as there are processors, the others in turn.
  ///
  /// A training has the processors divided by the trainings that run: those that run last have more each. After an error none
  /// is begun, and those that run come to their end first, so that what they finish is kept.
  ///
  /// - Parameter train: Called on several threads at once, whose stacks are deep enough for a backward pass.
  /// - Throws: The first error that is no ``Interruption``, in the items' order, or else the interruption.
  package static func map<Item: Sendable, Outcome: Sendable>(
    _ items: [Item], _ train: @escaping @Sendable (Item) throws -> Outcome
  ) throws -> [Outcome] {
    let processors = Share.processors
    guard min(processors, items.count) > 1 else { return try items.map(train) }
    let queue = Queue<Outcome>(count: items.count)
    let ended = DispatchGroup()
    for _ in 0..<min(processors, items.count) {
      ended.enter()
      let thread = Thread {
        Share.change(by: 1)
        while let index = queue.next() { queue.put(Result { try train(items[index]) }, at: index) }
        Share.change(by: -1)
        ended.leave()
      }
      thread.stackSize = 16 << 20
      thread.start()
    }
    ended.wait()
    return try queue.outcomes()
  }
}

/// How the processors are shared by all trainings of the process that run side by side.
private enum Share {
  private static let state = Mutex((running: 0, processors: 1))

  /// What `ComputeThreads` had before the first of them began.
  static var processors: Int {
    state.withLock { $0.running == 0 ? ComputeThreads.count : $0.processors }
  }

  static func change(by step: Int) {
    state.withLock { state in
      if state.running == 0 { state.processors = ComputeThreads.count }
      state.running += step
      ComputeThreads.count = max(1, state.processors / max(1, state.running))
    }
  }
}

/// The items that nobody has begun, and what came of the others.
private final class Queue<Outcome: Sendable>: Sendable {
  private let count: Int
  private let state = Mutex((begun: 0, results: [Int: Result<Outcome, any Error>](), hasFailed: false))

  init(count: Int) { self.count = count }

  /// An item to begin; `nil` when there is none, or one has failed.
  func next() -> Int? {
    state.withLock { state in
      guard state.begun < count, !state.hasFailed else { return nil }
      state.begun += 1
      return state.begun - 1
    }
  }

  func put(_ result: Result<Outcome, any Error>, at index: Int) {
    state.withLock { state in
      state.results[index] = result
      if case .failure = result { state.hasFailed = true }
    }
  }

  func outcomes() throws -> [Outcome] {
    let results = state.withLock { $0.results }
    let errors = (0..<count).compactMap { index -> (any Error)? in
      if case .failure(let error) = results[index] { error } else { nil }
    }
    if let error = errors.first(where: { !($0 is Interruption) }) ?? errors.first { throw error }
    return try (0..<count).compactMap { try results[$0]?.get() }
  }
}
