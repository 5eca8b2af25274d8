import Foundation
import RunKit
import Tensor

/// How many superpixels, and how compact: leakage and under-segmentation of fixed counts and of the adaptive one.
public struct ClusterExperiment: Experiment {
  public let work: ExperimentWork

  public init(_ work: ExperimentWork) { self.work = work }

  private var own: SuperpixelSettings { settings.superpixels }

  public func run() throws {
    let rows = try RowStore(folder.file("rows.jsonl"))
    var sets: [(slices: LabeledSlices, runs: [SuperpixelRun])] = []
    for set in settings.data {
      let slices = try LabeledSlices(set, folders: folders, every: own.sliceStep)
      sets.append((slices, try runs(set, slices)))
    }
    let jobs = sets.flatMap { set in set.runs.map { _ in Self.job(set.slices) } }
    let progressOfAll = WorkProgress(jobs, progress: progress)
    var report = ClusterReport(settings: own)
    for (slices, runs) in sets {
      var found: [ExperimentRow<SuperpixelRun>] = []
      for run in runs {
        let count = run.adaptive.map { "\($0)" } ?? "\(run.count ?? 0) superpixels"
        found.append(
          try progressOfAll.row(
            of: run, in: rows, "\(slices.name): \(count), compactness \(run.compactness)", Self.job(slices)
          ) { _ in try run.result(on: slices) })
      }
      report.add(slices, found)
    }
    try report.write(to: folder)
    progress.note("page: \(folder.file("clusters.html").path)")
  }

  private static func job(_ slices: LabeledSlices) -> WorkProgress.Job {
    WorkProgress.Job(
      "superpixels", cost: slices.images.reduce(0) { $0 + Double($1.elementCount) })
  }

  /// Each once.
  private func runs(_ set: DataSettings, _ slices: LabeledSlices) throws -> [SuperpixelRun] {
    var runs: [SuperpixelRun] = []
    func add(count: Int? = nil, adaptive: AdaptiveChoice? = nil, compactness: Double) throws {
      let run = try slices.run(
        set, step: own.sliceStep, count: count, adaptive: adaptive, compactness: compactness)
      if !runs.contains(run) { runs.append(run) }
    }
    for compactness in own.compactnesses {
      for count in own.counts { try add(count: count, compactness: compactness) }
    }
    for choice in own.adaptive { try add(adaptive: choice, compactness: own.compactness) }
    for count in own.fixedCounts { try add(count: count, compactness: own.compactness) }
    return runs
  }
}
