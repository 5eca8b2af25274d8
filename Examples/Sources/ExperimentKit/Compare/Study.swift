import Contrastive
import Foundation
import RunKit

/// A question that is answered by trainings which differ in one thing: who takes part, and what is drawn of it beside the
/// tables, curves and differences that every study has.
///
/// One study is one file in Studies: a value made from the settings. Runs are shared: what another study in the same folder
/// has trained is not trained again.
public struct Study {
  /// The subcommand, with which its files begin.
  let name: String
  let title: String
  let question: String
  /// Who takes part, which labels, protocols and lengths, and which differences are claimed.
  var comparison: ComparisonSettings
  /// What a reader must know before any figure.
  var notes: [String] = []
  /// Variants of SuperCL whose steps are timed and weighed.
  var costs: [(name: String, method: SuperCL)] = []
  /// Figures and tables of its own.
  var sections: ([ComparisonOutcome]) -> [StudySection] = { _ in [] }

  init(
    _ name: String, title: String, question: String, _ comparison: ComparisonSettings, notes: [String] = [],
    sections: @escaping ([ComparisonOutcome]) -> [StudySection] = { _ in [] }
  ) {
    (self.name, self.title, self.question) = (name, title, question)
    (self.comparison, self.notes, self.sections) = (comparison, notes, sections)
  }

  /// Does what is not done yet, and writes rows, tables, figures and page.
  ///
  /// - Throws: ``Interruption``, ``ExampleFailure``, what training throws.
  public func run(_ work: ExperimentWork) throws {
    var settings = work.settings
    settings.compare = comparison
    try settings.validate(name)
    let rows = try RowStore(work.folder.file("rows.jsonl"))
    let sets = try work.readData(settings.data)
    let plans = try sets.map {
      ($0, try ComparisonPlan(settings, $0, of: sets, rows: rows, in: work.folder))
    }
    let cost = WorkProgress.Job("cost of a step")
    let jobs = WorkProgress(
      plans.flatMap { $0.1.jobs } + [WorkProgress.Job](repeating: cost, count: costs.count * sets.count),
      progress: work.progress)
    var weighed: [(name: String, data: String, row: ExperimentRow<StepCostRun>)] = []
    for data in sets {
      for (name, method) in costs {
        let run = try StepCost.run(method, data, width: settings.width)
        let row = try jobs.row(of: run, in: rows, "\(data.identity.name): cost of a step, \(name)", cost) {
          try StepCost.result(of: run, data, report: $0)
        }
        weighed.append((name, data.identity.name, row))
      }
    }
    let outcomes = try plans.map { data, plan in try plan.run(data, jobs) }
    try StudyReport(self, outcomes, costs: StudySection(costs: weighed)).write(to: work.folder)
    work.progress.note("page: \(work.folder.file("\(name).html").path)")
  }
}

/// A part of a study's page, with files of its own.
struct StudySection {
  let heading: String
  /// Figures, by the end of their files' names.
  var figures: [(name: String, svg: String)] = []
  /// A table, its heads first.
  var table: [[String]] = []
  /// What it shows and how it was measured.
  var text = ""
}

extension StudySection {
  /// The table of what steps cost; `nil` where nothing was weighed.
  init?(costs: [(name: String, data: String, row: ExperimentRow<StepCostRun>)]) {
    guard !costs.isEmpty else { return nil }
    self.init(
      heading: "What a step costs",
      table: [
        [
          "data", "", "seconds a step", "memory of a step, MiB", "rows of an image", "channels",
          "one similarity matrix, MiB",
        ]
      ]
        + costs.map { item in
          let result = item.row.result
          return [
            item.data, item.name, String(format: "%.3f", result.secondsPerStep),
            String(format: "%.1f", result.peakMiB), "\(result.rows)", "\(result.channels)",
            String(format: "%.2f", similarityMatrixMiB(rows: result.rows)),
          ]
        },
      text:
        "The median over some steps, with the processors that were free. Memory: the most that tensors held in a step above what stays between steps. The last column is what the similarities of one image would hold, were they stored."
    )
  }
}

extension ExperimentWork {
  /// The data sets in memory, with notes of what they are.
  func readData(_ sets: [DataSettings]) throws -> [ExperimentData] {
    try sets.map { set in
      progress.note("reading \(set.name)")
      let data = try ExperimentData.read(
        set, cohort: settings.cohort, longestSide: settings.longestSide, folders: folders, in: folder,
        progress: progress)
      for note in data.notes { progress.note(note) }
      return data
    }
  }
}
