import Synchronization
import Tensor
import Testing

@Suite struct ParallelTests {
  @Test(arguments: [0, 1, 5, 64, 1000]) func everyIndexIsVisitedOnce(_ count: Int) {
    let visits = Mutex([Int](repeating: 0, count: count))
    Parallel.for(count, grain: 7) { range in
      visits.withLock { visits in for index in range { visits[index] += 1 } }
    }
    #expect(visits.withLock { $0 } == [Int](repeating: 1, count: count))
  }

  @Test func chunksDependOnCountAndGrainAlone() {
    let ranges = Mutex<Set<Range<Int>>>([])
    Parallel.for(10, grain: 4) { range in _ = ranges.withLock { $0.insert(range) } }
    #expect(ranges.withLock { $0 } == [0..<4, 4..<8, 8..<10])
  }

  @Test func nestedLoopsFinish() {
    let total = Atomic<Int>(0)
    Parallel.for(8, grain: 1) { _ in
      Parallel.for(100, grain: 10) { range in total.add(range.count, ordering: .relaxed) }
    }
    #expect(total.load(ordering: .relaxed) == 800)
  }
}
