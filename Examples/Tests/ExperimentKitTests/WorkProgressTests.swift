import ExperimentKit
import Foundation
import RunKit
import Synchronization
import Testing

/// The time that is left: from what this process saw, from the rows that are kept, and silent where nothing is known.
@Suite struct WorkProgressTests {
  private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var last: String { lines.withLock { $0.last ?? "" } }
  }

  private let lines = Lines()

  private final class Clock {
    var time = Date(timeIntervalSince1970: 0)
    func pass(_ seconds: Double) { time += seconds }
  }

  private let clock = Clock()

  private func progress(_ jobs: [WorkProgress.Job]) -> WorkProgress {
    let (lines, clock) = (lines, clock)
    return WorkProgress(
      jobs, progress: RunProgress(say: { lines.add($0) }, isInterrupted: { false }), now: { clock.time })
  }

  private let probe = WorkProgress.Job("probe")
  private let short = WorkProgress.Job("fine-tuning", images: 100)
  private let long = WorkProgress.Job("pre-training", images: 1_000_000)

  /// A probe tells nothing of a training, and a training nothing of a probe.
  @Test func kindsInOtherUnitsArePredictedByNoOne() throws {
    let jobs = progress([probe, long, short])
    try jobs.run("a", probe) { _ in }
    #expect(lines.last == "  [1/3] a; time left unknown")
    let others = progress([short, probe, short])
    try others.run("b", short) { _ in clock.pass(2) }
    #expect(lines.last == "  [1/3] b; more than 2 s left for all")
    try others.run("c", probe) { _ in }
    #expect(lines.last == "  [2/3] c; 2 s left for all")
    try others.run("d", short) { _ in }
    #expect(lines.last == "  [3/3] d; all done")
  }

  /// Of a training that was not seen the images are counted at the others' speed.
  @Test func trainingsPredictEachOther() throws {
    let jobs = progress([short, WorkProgress.Job("pre-training", images: 36_000)])
    try jobs.run("a", short) { _ in clock.pass(0.5) }
    #expect(lines.last == "  [1/2] a; 3 min left for all")
  }

  /// The seconds in kept rows tell the speed of their kind until it is seen.
  @Test func keptRowsTellTheSpeed() throws {
    let jobs = progress([probe, long, long, short])
    jobs.skip(long, seconds: 7200)
    try jobs.run("a", probe) { _ in }
    // Two hours, and 100 images at the speed of a million in two hours.
    #expect(lines.last == "  [2/4] a; 2 h 0 min left for all")
    try jobs.run("b", long) { _ in clock.pass(0.1) }
    #expect(lines.last == "  [3/4] b; 0 s left for all")
  }
}
