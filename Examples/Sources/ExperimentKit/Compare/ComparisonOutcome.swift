import Foundation

/// All that a study found on one data set.
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
