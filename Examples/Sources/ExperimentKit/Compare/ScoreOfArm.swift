/// Dice of one method in one cell: one data set, protocol, length and share of labels.
struct ScoreOfArm {
  let data: String
  let training: String
  let budget: Int
  let fraction: Double
  let name: String
  /// Dice on the scored side, of each seed, pooled over patients.
  let values: [Double]
  /// Their mean, with its interval over seeds and patients.
  let mean: CrossedMean
  /// The mean Dice along the training, of each seed.
  let areas: [Double]
  /// Dice of the frozen probe, of each seed.
  let probes: [Double]

  var cell: String { "\(data) \(training) \(budget) \(fraction)" }

  /// All, in the order of the runs.
  static func all(of outcomes: [ComparisonOutcome]) -> [ScoreOfArm] {
    var scores: [ScoreOfArm] = []
    for outcome in outcomes {
      var seen: Set<String> = []
      for tuning in outcome.tunings {
        let key = "\(tuning.training) \(tuning.budget) \(tuning.fraction) \(tuning.name)"
        guard seen.insert(key).inserted else { continue }
        let all = outcome.tunings.filter {
          $0.training == tuning.training && $0.budget == tuning.budget && $0.fraction == tuning.fraction
            && $0.name == tuning.name
        }
        let probes = outcome.probes.filter { $0.name == tuning.name && $0.fraction == tuning.fraction }
        let patients = all.map(\.row.result.patients)
        scores.append(
          ScoreOfArm(
            data: outcome.data.identity.name, training: tuning.training, budget: tuning.budget,
            fraction: tuning.fraction, name: tuning.name, values: patients.map(PatientCounts.pooledDice),
            mean: CrossedMean(patients, PatientCounts.pooledDice),
            areas: all.map(\.row.result.curve.meanScore),
            probes: probes.map { PatientCounts.pooledDice($0.row.result.patients) }))
      }
    }
    return scores
  }
}
