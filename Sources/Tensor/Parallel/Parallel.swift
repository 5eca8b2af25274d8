internal import CSuperCLKernels
import Dispatch
import Synchronization

/// Loops over all cores. The chunks depend on `count` and `grain` alone, so that what each of them computes
/// is the same for any number of threads.
package enum Parallel {
  /// How many threads a loop that begins here may use: one inside another loop.
  static var threads: Int { scl_in_parallel_loop() == 0 ? ComputeThreads.count : 1 }

  /// Calls `body` with consecutive ranges of at most `grain` indices that cover `0..<count`, in any order and
  /// possibly at once. Inside another parallel loop, or with one thread, they run in order on this thread.
  ///
  /// A hand-over costs about 2 microseconds while loops follow each other closely, up to 50 after a pause:
  /// choose `grain` so that a chunk takes at least 20.
  package static func `for`(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    precondition(grain > 0, "a parallel loop needs a grain of at least 1, not \(grain)")
    guard count > 0 else { return }
    let chunks = (count + grain - 1) / grain
    let threads = min(ComputeThreads.count, chunks)
    guard threads > 1, scl_in_parallel_loop() == 0 else {
      for chunk in 0..<chunks { body(chunk * grain..<min(count, (chunk + 1) * grain)) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: Loop(count: count, grain: grain, body: body)) { loop in
        let context = UnsafeMutableRawPointer(mutating: loop)
        if scl_parallel_for(threads, chunks, runChunk, context) == 0 {
          loop.pointee.dispatch(threads: threads, chunks: chunks)
        }
      }
    }
  }

  /// What `body` makes of each item, in order; the items are dealt out one by one, so each should take a while.
  package static func map<Item, Result: Sendable>(_ items: [Item], _ body: (Item) -> Result) -> [Result] {
    [Result](unsafeUninitializedCapacity: items.count) { results, count in
      if let first = results.baseAddress {
        // Each piece of the loop writes its own places.
        Self.for(items.count, grain: 1) { range in
          for index in range { (first + index).initialize(to: body(items[index])) }
        }
      }
      count = items.count
    }
  }

  /// `width` sums over `0..<count`: `body` adds those of a chunk to numbers that are zero at first, and the chunks'
  /// sums are added in order, so that the bits do not depend on the number of threads.
  package static func sums(
    _ width: Int, over count: Int, grain: Int, _ body: (Range<Int>, UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    let chunks = (count + grain - 1) / grain
    // A chunk's sums stand two cache lines from the next one's: two threads that write to one line wait for each other.
    let step = (width + 15) / 16 * 16 + 16
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: max(chunks * step, 1)) { parts in
      parts.initialize(repeating: 0)
      guard let first = parts.baseAddress else { return [] }
      Self.for(count, grain: grain) { body($0, first + $0.lowerBound / grain * step) }
      return (0..<width).map { slot in
        var sum = 0.0
        for chunk in 0..<chunks { sum += first[chunk * step + slot] }
        return sum
      }
    }
  }

  /// What a helper needs to run a chunk.
  private struct Loop {
    let count: Int
    let grain: Int
    let body: (Range<Int>) -> Void

    func run(chunk: Int) { body(chunk * grain..<min(count, (chunk + 1) * grain)) }

    /// The loop on Dispatch, for when another thread's loop has the helpers.
    func dispatch(threads: Int, chunks: Int) {
      // `body` is called from several threads at once but never outlives this call; its chunks write apart.
      nonisolated(unsafe) let loop = self
      let next = Atomic<Int>(0)
      DispatchQueue.concurrentPerform(iterations: threads) { _ in
        scl_set_in_parallel_loop(1)
        defer { scl_set_in_parallel_loop(0) }
        while true {
          let chunk = next.wrappingAdd(1, ordering: .relaxed).oldValue
          guard chunk < chunks else { return }
          loop.run(chunk: chunk)
        }
      }
    }
  }

  /// Called by the helpers.
  private static let runChunk: @convention(c) (UnsafeMutableRawPointer?, Int) -> Void = { context, chunk in
    context?.assumingMemoryBound(to: Loop.self).pointee.run(chunk: chunk)
  }
}
