import Foundation
import QuickstartKit
import RunKit

/// Methods x shares of labelled patients x seeds x protocols, on each data set.
public struct ComparisonExperiment: Experiment {
  public let work: ExperimentWork

  public init(_ work: ExperimentWork) { self.work = work }

  public func run() throws {
    let rows = try RowStore(folder.file("rows.jsonl"))
    var outcomes: [ComparisonOutcome] = []
    var cells: [(ExperimentData, ComparisonPlan)] = []
    for set in settings.data {
      progress.note("reading \(set.name)")
      let data = try ExperimentData.read(
        set, cohort: settings.cohort, longestSide: settings.longestSide, folders: folders, in: folder,
        progress: progress)
      for note in data.notes { progress.note(note) }
      cells.append((data, try ComparisonPlan(settings, data, rows: rows, in: folder)))
    }
    let jobs = WorkProgress(cells.flatMap { $0.1.jobs }, progress: progress)
    for (data, plan) in cells { outcomes.append(try plan.run(data, jobs)) }
    try ComparisonReport(settings, outcomes).write(to: folder)
    progress.note("page: \(folder.file("compare.html").path)")
  }
}

/// All that `compare` found on one data set.
struct ComparisonOutcome {
  /// One fine-tuning whose schedule was chosen, scored on the test side.
  struct Tuning {
    let name: String
    let training: String
    let budget: Int
    let fraction: Double
    let seed: UInt64
    let row: ExperimentRow<FineTuningRun>
  }

  /// What the validation side said of one schedule.
  struct Choice {
    let name: String
    let training: String
    let budget: Int
    let schedule: FineTuningSchedule
    let dice: Double
    let isChosen: Bool
  }

  let data: ExperimentData
  var pretrainings: [(name: String, seed: UInt64, row: ExperimentRow<PretrainingRun>)] = []
  var choices: [Choice] = []
  var tunings: [Tuning] = []
  var probes: [(name: String, fraction: Double, seed: UInt64, row: ExperimentRow<ProbeRun>)] = []
}
