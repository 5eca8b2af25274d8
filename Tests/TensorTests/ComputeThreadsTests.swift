import Tensor
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The setting belongs to the process: every test here has one of its own.
@Suite struct ComputeThreadsTests {
  @Test func theSettingIsKept() async {
    await #expect(processExitsWith: .success) {
      #expect(ComputeThreads.count >= 1)
      ComputeThreads.count = 3
      #expect(ComputeThreads.count == 3)
    }
    await #expect(processExitsWith: .failure) { ComputeThreads.count = 0 }
  }

  #if canImport(Glibc)
    /// A process that may run on one processor alone begins with one thread, whatever the machine has.
    @Test func theAffinityMaskIsFollowed() async {
      await #expect(processExitsWith: .success) {
        // Glibc declares the two for C alone.
        typealias Function = @convention(c) (Int32, Int, UnsafeMutableRawPointer) -> Int32
        let get = unsafeBitCast(try #require(dlsym(nil, "sched_getaffinity")), to: Function.self)
        let set = unsafeBitCast(try #require(dlsym(nil, "sched_setaffinity")), to: Function.self)
        var allowed = [UInt8](repeating: 0, count: 128)
        try #require(get(0, allowed.count, &allowed) == 0)
        let first = try #require(allowed.firstIndex { $0 != 0 })
        let bit = allowed[first] & ~(allowed[first] - 1)
        for place in allowed.indices { allowed[place] = place == first ? bit : 0 }
        try #require(set(0, allowed.count, &allowed) == 0)
        #expect(ComputeThreads.count == 1)
      }
    }
  #endif

  /// Every operator that works in parallel, at sizes that are cut into several chunks.
  @Test func bitsDoNotDependOnTheNumberOfThreads() async {
    await #expect(processExitsWith: .success) {
      func results() -> [Tensor<Float>] {
        var generator = PhiloxGenerator(seed: 5)
        let x = Tensor<Float>(uniform: -1..<1, shape: [1031, 65], using: &generator)
        let long = Tensor<Float>(uniform: -1..<1, shape: [3, 100_003], using: &generator)
        let weights = Tensor<Float>(uniform: -1..<1, shape: [65, 517], using: &generator)
        let batches = Tensor<Float>(uniform: -1..<1, shape: [7, 33, 129], using: &generator)
        return [
          x + x[5], x * x.sum(along: 1).expanded(at: 1), x.exp(), x.softmax(along: 1), x.softmax(along: 0),
          x.sum(), x.sum(along: 0), x.sum(along: 1), long.sum(), long.sum(along: 1), long.variance(along: 1),
          long.logSumExp(along: 0), long.max(along: 1), x.norm(along: 0), x.matmul(weights),
          x.matmul(x, transposing: .right), x.matmul(x, transposing: .left),
          batches.matmul(batches, transposing: .right), x.sorted(along: 0), x.cumulativeSum(along: 0),
        ]
      }
      ComputeThreads.count = 1
      let expected = results()
      for threads in [2, 3] {
        ComputeThreads.count = threads
        let same = zip(results(), expected).map { $0.isIdentical(to: $1) }
        #expect(same == [Bool](repeating: true, count: expected.count), "at \(threads) threads")
      }
    }
  }
}
