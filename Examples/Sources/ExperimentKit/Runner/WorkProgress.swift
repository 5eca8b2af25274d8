package import Foundation
package import NN
package import RunKit

/// The progress of many jobs, with the time that is left for all of them.
///
/// A job has a kind and a cost, in any unit that is proportional to time within its kind. The time left is each kind's
/// remaining cost at the speed that this process has seen for that kind. A kind that it has not seen runs as fast as it did in
/// the rows that are kept, or, if its cost is in images, as the others of that kind do on average; of a kind of which nothing is known
/// the time is left out, and the line says that it is more.
package final class WorkProgress {
  /// One piece of work ahead.
  package struct Job {
    package let kind: String
    package let cost: Double
    /// Whether the cost is a number of images that a training sees: the unit that all trainings share.
    package let isInImages: Bool

    /// A job whose cost tells of its own kind alone.
    package init(_ kind: String, cost: Double = 1) {
      (self.kind, self.cost, isInImages) = (kind, cost, false)
    }

    /// A training that sees so many images.
    package init(_ kind: String, images: Double) {
      (self.kind, cost, isInImages) = (kind, images, true)
    }
  }

  /// What is known of a kind.
  private struct Speed {
    var cost = 0.0
    var seconds = 0.0

    mutating func add(_ cost: Double, _ seconds: Double) {
      self.cost += cost
      self.seconds += seconds
    }

    var secondsPerCost: Double? { cost > 0 ? seconds / cost : nil }
  }

  private let progress: RunProgress
  private let now: () -> Date
  private var total = 0
  private var finished = 0
  private var remaining: [String: Double] = [:]
  private var seen: [String: Speed] = [:]
  private var kept: [String: Speed] = [:]
  /// Kinds that are trainings.
  private var trainings: Set<String> = []
  private var lastLine = Date.distantPast
  /// Seconds between lines of one job.
  private static let interval = 5.0

  /// - Parameter now: The clock.
  package init(_ jobs: [Job], progress: RunProgress, now: @escaping () -> Date = { Date() }) {
    (self.progress, self.now) = (progress, now)
    for job in jobs { add(job) }
  }

  /// Counts a job that was not foreseen.
  package func add(_ job: Job) {
    total += 1
    remaining[job.kind, default: 0] += job.cost
    if job.isInImages { trainings.insert(job.kind) }
  }

  /// Counts a job that an earlier run did in so many seconds.
  package func skip(_ job: Job, seconds: Double) {
    finished += 1
    remaining[job.kind, default: 0] -= job.cost
    kept[job.kind, default: Speed()].add(job.cost, seconds)
  }

  /// Does a job. `body` gets a report function for its training; other work need not report.
  ///
  /// - Throws: ``Interruption`` before the job where the run is to stop, and what `body` throws.
  package func run<Value>(
    _ name: String, _ job: Job, _ body: (@escaping (TrainingProgress) -> TrainingControl) throws -> Value
  ) throws -> Value {
    try progress.checkInterruption()
    let start = now()
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
    seen[job.kind, default: Speed()].add(job.cost, now().timeIntervalSince(start))
    finished += 1
    progress.note("  [\(finished)/\(total)] \(name); \(timeLeft())")
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
      skip(job, seconds: row.seconds)
      return row
    }
    let beginning = try beginning()
    return try self.run(name, job) { report in try rows.row(of: run) { try body(beginning, report) } }
  }

  private func note(_ name: String, _ step: TrainingProgress, share: Double, _ job: Job, since start: Date) {
    guard now().timeIntervalSince(lastLine) >= Self.interval, step.step < step.totalSteps else { return }
    lastLine = now()
    // The running job's speed counts too, when none of its kind is done.
    let left = timeLeft(running: (job.kind, share * job.cost, now().timeIntervalSince(start)))
    let terms = step.terms.prefix(1).map { String(format: "%@ %.4f", $0.name, $0.value) }.joined()
    progress.note(
      "    \(name): step \(step.step)/\(step.totalSteps)  \(terms)  "
        + String(format: "%.1f images/s", step.imagesPerSecond) + "; \(left)")
  }

  private func timeLeft(running: (kind: String, cost: Double, seconds: Double)? = nil) -> String {
    if finished == total { return "all done" }
    var seen = seen
    if let running { seen[running.kind, default: Speed()].add(running.cost, running.seconds) }
    func mean(_ speeds: [String: Speed]) -> Double? {
      var all = Speed()
      for (kind, speed) in speeds where trainings.contains(kind) { all.add(speed.cost, speed.seconds) }
      return all.secondsPerCost
    }
    var (seconds, isAll) = (0.0, true)
    for (kind, cost) in remaining where cost > 0 {
      let own = seen[kind]?.secondsPerCost ?? kept[kind]?.secondsPerCost
      if let speed = own ?? (trainings.contains(kind) ? mean(seen) ?? mean(kept) : nil) {
        seconds += cost * speed
      } else {
        isAll = false
      }
    }
    if isAll { return "\(Self.text(seconds)) left for all" }
    return seconds >= 1 ? "more than \(Self.text(seconds)) left for all" : "time left unknown"
  }

  private static func text(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if whole < 120 { return "\(whole) s" }
    return whole < 7200 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole / 60 % 60) min"
  }
}
