import Contrastive
import Foundation
import NN
import QuickstartKit
import RunKit

/// Open question 1: slices or volumes, on the same patients, scored volume by volume in millimetres.
public struct VolumeExperiment: Experiment {
  public let work: ExperimentWork

  public init(_ work: ExperimentWork) { self.work = work }

  private var own: VolumeSettings { settings.volumes }

  public func run() throws {
    let rows = try RowStore(folder.file("rows.jsonl"))
    let sets = try work.readData(settings.data)
    var runs: [(name: String, data: ExperimentData, run: VolumeRun)] = []
    for data in sets {
      for isPretrained in [false, true] {
        for dimension in Dimension.allCases {
          for seed in settings.seeds {
            let run = try run(data, dimension, isPretrained: isPretrained, seed: seed)
            runs.append(("\(isPretrained ? SuperCL.name : Scratch.name), \(dimension.rawValue)", data, run))
          }
        }
      }
    }
    func job(_ run: VolumeRun) -> WorkProgress.Job {
      let steps = own.protocols[0].budgets[0] + (run.pretraining == nil ? 0 : own.pretrainingSteps)
      return WorkProgress.Job("training in \(run.dimension.rawValue)", cost: Double(steps))
    }
    let jobs = WorkProgress(runs.map { job($0.run) }, progress: progress)
    var report = VolumeReport(own, notes: sets.flatMap(\.notes))
    for (name, data, run) in runs {
      let title = "\(data.identity.name): \(name), seed \(run.seed)"
      let row = try jobs.row(of: run, in: rows, title, job(run)) {
        try VolumeTraining(data: data, run: run, folder: folder).result(report: $0)
      }
      report.add(data.identity.name, name, row)
    }
    try report.write(to: folder)
    progress.note("page: \(folder.file("volumes.html").path)")
  }

  private func run(
    _ data: ExperimentData, _ dimension: Dimension, isPretrained: Bool, seed: UInt64
  ) throws -> VolumeRun {
    var method = try settings.superCL()
    let batch = dimension == .planar ? own.slicesPerStep : own.patchesPerStep
    (method.recipe.steps, method.recipe.batchSize, method.recipe.seed) = (own.pretrainingSteps, batch, seed)
    method.patchSize = PatchSize(dimension == .planar ? Array(own.patch[1...]) : own.patch)
    let fraction = settings.ablations.fractions[0]
    return VolumeRun(
      dimension: dimension,
      pretraining: isPretrained
        ? try method.settingsTree() : nil,
      data: data.identity, settings: own, fraction: fraction, seed: seed,
      labelled: data.labelledPatients(fraction: fraction, seed: seed).map(\.identifier),
      scored: settings.compare.scored)
  }
}
