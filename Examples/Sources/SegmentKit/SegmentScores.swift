import Foundation
import MedIO
import Metrics
import NN
import RunKit
import Tensor

/// Scores of scans that did not train.
struct SegmentScores: Encodable {
  /// One class: means over the scans for which each score is defined.
  struct ClassScore: Encodable {
    let name: String
    /// 0...1.
    let dice: Double?
    /// Millimetres.
    let hd95: Double?
    /// Millimetres.
    let assd: Double?
    /// Scans whose segmentation has the class and whose prediction has not.
    let missed: Int
  }

  let scans: [String]
  let classes: [ClassScore]

  /// Scores a model on scans, each on its file's own grid.
  init(
    _ model: SegmentModel, _ cases: [VolumeCase], _ mapping: LabelMapping, progress: RunProgress
  ) throws {
    let description = model.description
    let (predictor, evaluator) = (SegmentPredictor(model), description.evaluator)
    let data = VolumeDataset(cases, labelMapping: mapping, options: description.readOptions)
    var scored: [CaseScores] = []
    for index in cases.indices {
      try progress.checkInterruption()
      let (name, file) = (cases[index].identifier, cases[index].images[0].path)
      let scan = try givingExitCodes { try data.prepared(at: index) }
      guard let truth = scan.labels else { continue }
      let predicted = try predictor.classes(
        of: scan.image, path: file, progress: progress.reporter(ofWindows: "scoring \(name)"))
      scored.append(
        evaluator.evaluate(
          prediction: predicted.labelMap, reference: truth.labelMap, spacing: predicted.spacing,
          caseName: name))
    }
    self.init(scored, evaluator)
  }

  /// Scores a model on slabs of prepared scans, each on the network's grid.
  init(_ model: SegmentModel, slabs: PreparedScans, progress: RunProgress) throws {
    let (windows, evaluator) = (model.description.windows, model.description.evaluator)
    let scored = try (0..<slabs.count).map { index in
      try progress.checkInterruption()
      let name = slabs.parts[index].name
      let (image, truth) = try slabs.volume(index)
      let predicted = try windows.labels(
        of: image, by: model.network, progress: progress.reporter(ofWindows: "scoring \(name)"))
      return evaluator.evaluate(
        prediction: LabelMap(predicted), reference: LabelMap(truth), spacing: slabs.spacing(of: index),
        caseName: name)
    }
    self.init(scored, evaluator)
  }

  private init(_ scored: [CaseScores], _ evaluator: SegmentationEvaluator) {
    let report = ScoreReport(cases: scored, evaluator: evaluator)
    scans = scored.map(\.name)
    classes = (evaluator.classes ?? []).map { item in
      let dice = report.summary(of: "dice", class: item, undefined: .skip)
      return ClassScore(
        name: item.name, dice: dice.mean,
        hd95: report.summary(of: "hd95_mm", class: item, undefined: .skip).mean,
        assd: report.summary(of: "assd_mm", class: item, undefined: .skip).mean,
        missed: scored.count { $0[item.label]?.isMissed ?? false })
    }
  }

  /// The mean over the classes that have a score.
  var meanDice: Double? { SampleStatistics(classes.compactMap(\.dice)).mean }
}

extension ModelDescription {
  /// Dice, and distances in millimetres, of all classes but the background.
  var evaluator: SegmentationEvaluator {
    SegmentationEvaluator(
      classes: classes.enumerated().dropFirst().map {
        SegmentationClass(label: Int32($0.offset), name: $0.element.name)
      },
      metrics: [DiceCoefficient(), HausdorffDistance(percentile: 95), AverageSurfaceDistance(.symmetric)])
  }
}

/// The score along a training: Dice on the network's grid.
struct ValidationDice {
  let scans: PreparedScans
  let model: SegmentModel
  let progress: RunProgress

  /// Pooled over the scans, then averaged over the classes that a scan or a prediction has.
  ///
  /// - Throws: `InferenceError`: `stopped` when the run was interrupted, which the training goes on from.
  func mean() throws -> Double {
    let count = model.description.classes.count
    var counts = [ConfusionCounts](repeating: .zero, count: count)
    for scan in 0..<scans.count {
      let (image, truth) = try scans.volume(scan)
      let predicted = try model.description.windows.labels(
        of: image, by: model.network, progress: progress.reporter(ofWindows: "validation"))
      let comparison = LabelMapComparison(prediction: LabelMap(predicted), reference: LabelMap(truth))
      for index in 1..<count { counts[index] += comparison.counts(of: Int32(index)) }
    }
    let scores = counts.dropFirst().compactMap { DiceCoefficient().score($0).value }
    return SampleStatistics(Array(scores)).mean ?? .nan
  }
}
