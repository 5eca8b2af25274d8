import Foundation
package import NN
package import RunKit

/// The progress of many jobs, with the time that is left for all of them.
///
/// A job has a kind and a cost, in any unit that is proportional to time within its kind (images seen). The time left is each
/// kind's remaining cost at the speed that this process has seen for that kind; a kind not seen yet runs at the mean speed
/// of the others.
package final class WorkProgress {
  /// One piece of work ahead.
  package struct Job {
    package let kind: String
    package let cost: Double

    package init(_ kind: String, cost: Double) { (self.kind, self.cost) = (kind, cost) }
  }

  private let progress: RunProgress
  private var total = 0
  private var finished = 0
  private var remaining: [String: Double] = [:]
  private var seen: [String: (cost: Double, seconds: Double)] = [:]
  private var lastLine = Date.distantPast
  /// Seconds between lines of one job.
  private static let interval = 5.0

  package init(_ jobs: [Job], progress: RunProgress) {
    self.progress = progress
    for job in jobs { add(job) }
  }

  /// Counts a job that was not foreseen.
  package func add(_ job: Job) {
    total += 1
    remaining[job.kind, default: 0] += job.cost
  }

  /// Counts a job that an earlier run did.
  package func skip(_ job: Job) {
    finished += 1
    remaining[job.kind, default: 0] -= job.cost
  }

  /// Does a job. `body` gets a report function for its training; other work need not report.
  ///
  /// - Throws: ``Interruption`` before the job where the run is to stop, and what `body` throws.
  package func run<Value>(
    _ name: String, _ job: Job, _ body: (@escaping (TrainingProgress) -> TrainingControl) throws -> Value
  ) throws -> Value {
    try progress.checkInterruption()
    let start = Date()
    let before = remaining[job.kind, default: 0]
    lastLine = .distantPast
    let value = try body { [self] step in
      let share = Double(step.step) / Double(max(step.totalSteps, 1))
      remaining[job.kind] = before - share * job.cost
      note(name, step, share: share, job, since: start)
      do { try progress.checkInterruption() } catch { return .stop }
      return .proceed
    }
    remaining[job.kind] = before - job.cost
    let known = seen[job.kind] ?? (0, 0)
    seen[job.kind] = (known.cost + job.cost, known.seconds + Date().timeIntervalSince(start))
    finished += 1
    progress.note("  [\(finished)/\(total)] \(name); \(timeLeft)")
    return value
  }

  /// The row of a run: the one that is kept, whose job is then skipped, or what `body` gives now, which is then kept.
  package func row<Run: ExperimentRun>(
    of run: Run, in rows: RowStore, _ name: String, _ job: Job,
    making body: (@escaping (TrainingProgress) -> TrainingControl) throws -> Run.Result
  ) throws -> ExperimentRow<Run> {
    try row(of: run, in: rows, name, job, beginningWith: ()) { _, report in try body(report) }
  }

  /// The same, of a run that begins with what may have to be made first, as a job of its own: it is asked for only where there
  /// is no row.
  package func row<Run: ExperimentRun, Beginning>(
    of run: Run, in rows: RowStore, _ name: String, _ job: Job,
    beginningWith beginning: @autoclosure () throws -> Beginning,
    making body: (Beginning, @escaping (TrainingProgress) -> TrainingControl) throws -> Run.Result
  ) throws -> ExperimentRow<Run> {
    if let row = try rows.row(of: run) {
      skip(job)
      return row
    }
    let beginning = try beginning()
    return try self.run(name, job) { report in try rows.row(of: run) { try body(beginning, report) } }
  }

  private func note(_ name: String, _ step: TrainingProgress, share: Double, _ job: Job, since start: Date) {
    guard Date().timeIntervalSince(lastLine) >= Self.interval, step.step < step.totalSteps else { return }
    lastLine = Date()
    // The running job's speed counts too, when none of its kind is done.
    let left = secondsLeft(running: (job.kind, share * job.cost, Date().timeIntervalSince(start)))
    let terms = step.terms.prefix(1).map { String(format: "%@ %.4f", $0.name, $0.value) }.joined()
    progress.note(
      "    \(name): step \(step.step)/\(step.totalSteps)  \(terms)  "
        + String(format: "%.1f images/s", step.imagesPerSecond) + "; \(Self.text(left))")
  }

  private var timeLeft: String { finished == total ? "all done" : Self.text(secondsLeft(running: nil)) }

  private func secondsLeft(running: (kind: String, cost: Double, seconds: Double)?) -> Double {
    var seen = seen
    if let running, running.cost > 0 {
      let known = seen[running.kind] ?? (0, 0)
      seen[running.kind] = (known.cost + running.cost, known.seconds + running.seconds)
    }
    let all = seen.values.reduce((cost: 0.0, seconds: 0.0)) { ($0.cost + $1.cost, $0.seconds + $1.seconds) }
    guard all.cost > 0 else { return .nan }
    return remaining.reduce(0) { sum, item in
      let speed =
        seen[item.key].flatMap { $0.cost > 0 ? $0.seconds / $0.cost : nil } ?? all.seconds / all.cost
      return sum + max(0, item.value) * speed
    }
  }

  private static func text(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "time left unknown" }
    let whole = Int(seconds.rounded())
    if whole < 120 { return "\(whole) s left for all" }
    return whole < 7200
      ? "\(whole / 60) min left for all" : "\(whole / 3600) h \(whole / 60 % 60) min left for all"
  }
}
