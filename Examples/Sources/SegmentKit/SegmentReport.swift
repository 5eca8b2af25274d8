import Foundation
import MedIO
import NN
import Tensor

/// What `report.json` holds.
struct SegmentReport: Encodable {
  let settings: SegmentSettings
  let model: ModelDescription
  let parameters: Int
  let encoder: String?
  let folder: String
  let training: [String]
  let validation: [String]
  let notes: [String]
  /// The loss of each step; null where it is no number.
  var losses: [Double?] = []
  /// The steps that were scored, and their mean Dice on the network's grid.
  var validationSteps: [Int] = []
  var validationDice: [Double] = []
  /// Of the model, on the files' grids; `nil` where nobody validates.
  var scores: SegmentScores?
  /// Of this run; of a resumed training the part since it was resumed.
  var seconds = 0.0
  var peakMiB = 0.0

  init(
    _ request: SegmentRequest, _ model: SegmentModel, training: PreparedScans, validation: PreparedScans,
    notes: [String]
  ) {
    settings = request.settings
    self.model = model.description
    parameters = model.network.parameterCount
    encoder = request.encoder
    folder = request.folder
    self.training = training.parts.map(\.name)
    self.validation = validation.parts.map(\.name)
    self.notes = notes
  }

  /// Takes what the log has of every step.
  mutating func add(_ log: [TrainingLog.Entry]) {
    losses = log.map { entry in entry.terms.first.flatMap { $0.value.isFinite ? $0.value : nil } }
    let scored = log.filter { $0.score?.isFinite ?? false }
    validationSteps = scored.map(\.step)
    validationDice = scored.compactMap(\.score)
  }

  /// The step whose weights the model has.
  var keptStep: Int {
    guard let best = validationDice.max(), let index = validationDice.firstIndex(of: best) else {
      return losses.count
    }
    return validationSteps[index]
  }

  /// For the terminal.
  var summary: String {
    let loss = losses.compactMap(\.self)
    var lines = [
      String(
        format: "%d steps in %.0f s; loss %.4g at first, %.4g at the end; weights of step %d", losses.count,
        seconds,
        loss.first ?? .nan, loss.last ?? .nan, keptStep)
    ]
    for item in scores?.classes ?? [] {
      func text(_ value: Double?, _ unit: String) -> String {
        value.map { String(format: "%.3g", $0) + unit } ?? "-"
      }
      lines.append(
        "  \(item.name): Dice \(text(item.dice, "")), HD95 \(text(item.hd95, " mm")), ASSD \(text(item.assd, " mm"))"
          + (item.missed > 0 ? ", missed in \(item.missed) scans" : ""))
    }
    return lines.joined(separator: "\n")
  }
}
