import Tensor
import TestSupport
import Testing

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
