import Foundation
import RunKit
import Synchronization
import Tensor
import Testing

/// Trainings side by side: all of them once, in order, with the processors shared, and what an error does to the others.
@Suite struct SideBySideTests {
  /// Counts who is inside, and lets each wait until a second has come or there can be none.
  private final class Meeting: Sendable {
    private let inside = Atomic<Int>(0)
    private let most = Atomic<Int>(0)
    private let came = Atomic<Int>(0)
    var mostInside: Int { most.load(ordering: .relaxed) }
    var all: Int { came.load(ordering: .relaxed) }

    func visit(waitingFor others: Int, _ body: () -> Void) {
      let count = inside.add(1, ordering: .relaxed).newValue
      most.max(count, ordering: .relaxed)
      came.add(1, ordering: .relaxed)
      let end = Date(timeIntervalSinceNow: 10)
      while all < others, Date() < end { usleep(100) }
      body()
      inside.subtract(1, ordering: .relaxed)
    }
  }

  @Test func everyItemOnceInOrderWithTheProcessorsShared() throws {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let atOnce = min(2, ComputeThreads.count)
    let meeting = Meeting()
    let threads = Mutex<[Int]>([])
    let squares = try SideBySide.map(Array(0..<7)) { item in
      meeting.visit(waitingFor: atOnce) { threads.withLock { $0.append(ComputeThreads.count) } }
      return item * item
    }
    #expect(squares == [0, 1, 4, 9, 16, 25, 36])
    #expect(meeting.all == 7)
    #expect(meeting.mostInside >= atOnce && meeting.mostInside <= processors)
    // The first to leave the meeting had another beside it.
    let first = try #require(threads.withLock { $0.first })
    #expect(first >= 1 && first <= max(1, processors / atOnce))
  }

  private struct Broken: Error, Equatable { let item: Int }

  @Test func anErrorEndsTheRestAndIsPreferredToAnInterruption() throws {
    let begun = Mutex<Set<Int>>([])
    #expect(throws: Broken(item: 1)) {
      try SideBySide.map(Array(0..<1000)) { item -> Int in
        begun.withLock { _ = $0.insert(item) }
        if item == 1 { throw Broken(item: 1) }
        // The first item may end before or after; those after the broken one stop as if interrupted.
        if item > 1 { throw Interruption() }
        return item
      }
    }
    #expect(begun.withLock { $0.count } < 1000)
    #expect(throws: Interruption.self) { try SideBySide.map([1, 2, 3]) { _ in throw Interruption() } }
  }

  @Test func nothingComesOfNothing() throws {
    #expect(try SideBySide.map([Int]()) { $0 }.isEmpty)
    #expect(try SideBySide.map([4]) { $0 + 1 } == [5])
  }
}
