import Contrastive
import Foundation
import NN
import QuickstartKit
import RunKit
import Tensor

/// Check 2: how alike pixels of one superpixel, pixels of paired images and random pixels are to an encoder, before and after
/// pre-training.
public struct PairExperiment: Experiment {
  public let work: ExperimentWork

  public init(_ work: ExperimentWork) { self.work = work }

  /// Before any training, and what pre-training makes of it.
  private var arms: [MethodChoice] {
    [ExperimentSettings.scratch, MethodChoice(name: PCL.name), settings.superCLItself]
  }

  public func run() throws {
    let rows = try RowStore(folder.file("rows.jsonl"))
    let stage = PretrainingStage(
      width: settings.width, viewSize: settings.compare.viewSize, folder: folder, rows: rows)
    let sets = try work.readData(settings.data)
    let measured = WorkProgress.Job("pairs")
    var prepared: [(arm: String, data: ExperimentData, item: PretrainingStage.Prepared)] = []
    for data in sets {
      for arm in arms {
        for seed in settings.seeds {
          prepared.append(
            (
              arm.name, data,
              try stage.prepare(
                arm, steps: settings.compare.pretrainingSteps, data: data, target: data, seed: seed)
            ))
        }
      }
    }
    let jobs = WorkProgress(prepared.flatMap { [$0.item.job, measured] }, progress: progress)
    var report = PairReport()
    let method = try settings.superCL().fitted(
      to: EncoderBlueprint.unet(width: settings.width).encoderDescription)
    let tree = try method.settingsTree()
    for (arm, data, item) in prepared {
      let title = "\(data.identity.name): \(arm), seed \(item.run.seed)"
      _ = try stage.row(of: item, "\(title): pre-training", jobs)
      let run = PairRun(
        pretraining: item.run, settings: tree,
        pairsPerPatient: settings.ablations.pairsPerPatient, seed: item.run.seed)
      let row = try jobs.row(
        of: run, in: rows, "\(title): pairs", measured,
        beginningWith: stage.weights(of: item, "\(title): pre-training", jobs)
      ) { weights, _ in
        var generator = RandomKey(seed: 1).stream(for: .weights).generator
        let encoder = UNetEncoder<Float>(UNetConfiguration(width: settings.width), using: &generator)
        try weights.load(into: encoder)
        return try PairMeasurement(data: data, method: method).result(of: run, encoder: encoder)
      }
      report.add(data.identity.name, arm == Scratch.name ? "before pre-training" : "after \(arm)", row.result)
    }
    report.notes = sets.flatMap(\.notes)
    try report.write(to: folder)
    progress.note("page: \(folder.file("pairs.html").path)")
  }
}
