import Contrastive
import ExampleSupport
public import Foundation
import MedIO
import RunKit

/// The paper's own experiment for those who have its data: pre-training on CHD, BraTS or KiTS, then fine-tuning on a labelled set
/// with the paper's patients, and the row beside the paper's.
public struct PaperExperiment {
  private let work: ExperimentWork
  private let set: PaperSet
  private let folder: URL

  /// - Parameters:
  ///   - set: What lies in the folder.
  ///   - folder: The images, in the layout of their makers.
  ///   - work: Settings, and where results go. What is pre-trained in an output folder serves the fine-tunings there.
  public init(_ set: PaperSet, in folder: URL, _ work: ExperimentWork) {
    (self.set, self.folder, self.work) = (set, folder, work)
  }

  private var own: PaperSettings { work.settings.paper }

  /// - Throws: ``ExampleFailure``: files that are missing or not in the layout of the set (65), patients of the paper's lists that are
  ///   missing (65); ``Interruption``.
  public func run() throws {
    let rows = try RowStore(work.folder.file("rows.jsonl"))
    let volumes: VolumeDataset
    do { volumes = try set.dataset.open(folder) } catch { throw ExampleFailure(error) }
    let training = PaperTraining(set: set, settings: own, volumes: volumes, folder: work.folder)
    if set.pretrainedOn == nil {
      try pretrain(training, rows)
    } else {
      try tune(training, rows)
    }
  }

  private func pretrain(_ training: PaperTraining, _ rows: RowStore) throws {
    work.progress.note("\(set.rawValue): \(training.volumes.count) volumes")
    let slices = try training.slices(training.volumes, progress: work.progress)
    let runs = try own.seeds.map { try Self.run(training, images: slices.count, width: own.width, seed: $0) }
    func job(_ run: PaperPretrainingRun) -> WorkProgress.Job { .init("pre-training", cost: 1) }
    let jobs = WorkProgress(runs.map(job), progress: work.progress)
    for run in runs {
      _ = try jobs.row(of: run, in: rows, "\(set.rawValue): SuperCL as released, seed \(run.seed)", job(run))
      {
        try training.pretrain(run, on: slices, $0)
      }
    }
    work.progress.note("the encoder is kept; fine-tune into the same folder: experiments paper ACDC FOLDER")
  }

  private static func run(
    _ training: PaperTraining, images: Int, width: Int, seed: UInt64
  ) throws -> PaperPretrainingRun {
    let method = training.method(images: images, seed: seed)
    return PaperPretrainingRun(
      set: training.set.rawValue, files: training.files,
      settings: try method.settingsTree(), width: width,
      seed: seed)
  }

  private func tune(_ training: PaperTraining, _ rows: RowStore) throws {
    guard let split = set.dataset.split else {
      throw ExampleFailure(.data, "\(set.rawValue): the paper's patients are not known")
    }
    let lists = [(10, split.tenPercent), (25, split.quarter)]
    let present = Set(training.volumes.cases.map(\.key))
    let wanted = Set(lists.flatMap(\.1) + split.test)
    let missing = wanted.subtracting(present).sorted()
    guard missing.isEmpty else {
      throw ExampleFailure(
        .data,
        "\(folder.path): \(missing.count) of the paper's \(wanted.count) patients are missing: \(missing)")
    }
    let test = try training.slices(training.volumes.cases(of: split.test), progress: work.progress)
    let encoders = try own.seeds.map { (seed: $0, pretraining: try pretrained(rows, seed: $0)) }
    var runs: [(run: PaperTuningRun, slices: SliceDataset)] = []
    for (percent, patients) in lists {
      let slices = try training.slices(training.volumes.cases(of: patients), progress: work.progress)
      for (seed, pretraining) in encoders {
        for start in pretraining.map({ [nil, $0] }) ?? [nil] {
          let run = PaperTuningRun(
            set: set.rawValue, files: training.files, pretraining: start, labelledPercent: percent,
            patients: patients, testPatients: split.test, width: own.width, patchSize: training.patchSize,
            steps: training.steps(images: slices.count, batch: set.batchSize), batchSize: set.batchSize,
            seed: seed)
          runs.append((run, slices))
        }
      }
    }
    func job(_ run: PaperTuningRun) -> WorkProgress.Job { .init("fine-tuning", cost: Double(run.steps)) }
    let jobs = WorkProgress(runs.map { job($0.run) }, progress: work.progress)
    var found: [ExperimentRow<PaperTuningRun>] = []
    for (run, slices) in runs {
      let name = "\(set.rawValue): \(PaperReport.name(run)), \(run.labelledPercent) %, seed \(run.seed)"
      found.append(
        try jobs.row(of: run, in: rows, name, job(run)) {
          try training.tune(run, on: slices, scoredOn: test, $0)
        })
    }
    try PaperReport(set: set, rows: found).write(to: work.folder)
    work.progress.note("page: \(work.folder.file("paper-\(set.rawValue.lowercased()).html").path)")
  }

  /// The pre-training of this folder that the set starts from; `nil` with a note where there is none.
  private func pretrained(_ rows: RowStore, seed: UInt64) throws -> PaperPretrainingRun? {
    let source = set.pretrainedOn?.rawValue
    let run = try rows.all(PaperPretrainingRun.self).map(\.run).last {
      $0.set == source && $0.seed == seed && $0.width == own.width
    }
    if run == nil {
      work.progress.note(
        "no encoder of \(source ?? "") with seed \(seed) in this folder: Scratch alone; experiments paper \(source ?? "") FOLDER makes one"
      )
    }
    return run
  }
}
