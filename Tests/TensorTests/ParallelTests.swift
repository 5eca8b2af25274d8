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

  /// Short loops one after the other, which helpers reach late or not at all.
  @Test func manyShortLoopsVisitEverything() {
    let total = Atomic<Int>(0)
    for count in 1...2000 {
      Parallel.for(count % 17, grain: 1) { range in total.add(range.lowerBound + 1, ordering: .relaxed) }
    }
    let expected = (1...2000).reduce(0) { $0 + ($1 % 17) * ($1 % 17 + 1) / 2 }
    #expect(total.load(ordering: .relaxed) == expected)
  }

  /// Loops of several callers at once: one has the helpers, the others run all the same.
  @Test func callersAtOnce() async {
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<200 {
            Parallel.for(9, grain: 2) { counter.value.add($0.count, ordering: .relaxed) }
          }
        }
      }
    }
    #expect(counter.value.load(ordering: .relaxed) == 4 * 200 * 9)
  }

  /// More threads than cores, in a process of its own.
  @Test func moreThreadsThanCores() async {
    await #expect(processExitsWith: .success) {
      let total = Atomic<Int>(0)
      for threads in [2, 7, 3] {
        ComputeThreads.count = threads
        for _ in 0..<100 {
          Parallel.for(64, grain: 1) { range in total.add(range.count, ordering: .relaxed) }
        }
      }
      #expect(total.load(ordering: .relaxed) == 3 * 100 * 64)
    }
  }
}

private final class Counter: Sendable {
  let value = Atomic<Int>(0)
}
