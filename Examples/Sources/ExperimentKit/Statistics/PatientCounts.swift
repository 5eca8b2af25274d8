import Metrics
package import Tensor

/// How a prediction meets the reference in one patient: pixels, class by class.
///
/// Counts and not scores are kept of every run, so that any selection of patients can be pooled afterwards.
public struct PatientCounts: Codable, Hashable, Sendable {
  /// The patient.
  public let patient: String
  /// Of each class without background: pixels that prediction and reference share.
  public let overlap: [Int]
  /// Pixels predicted.
  public let predicted: [Int]
  /// Pixels of the reference.
  public let actual: [Int]

  /// - Precondition: three lists of one length.
  public init(patient: String, overlap: [Int], predicted: [Int], actual: [Int]) {
    precondition(
      overlap.count == predicted.count && predicted.count == actual.count,
      "counts of \(overlap.count), \(predicted.count) and \(actual.count) classes")
    (self.patient, self.overlap, self.predicted, self.actual) = (patient, overlap, predicted, actual)
  }

  /// Counts label maps `[slices, height, width]` of classes 0..<classCount, 0 the background.
  package init(patient: String, prediction: Tensor<Int32>, reference: Tensor<Int32>, classCount: Int) {
    let comparison = LabelMapComparison(prediction: LabelMap(prediction), reference: LabelMap(reference))
    let counts = (1..<classCount).map { comparison.counts(of: Int32($0)) }
    self.init(
      patient: patient, overlap: counts.map(\.truePositives),
      predicted: counts.map { $0.truePositives + $0.falsePositives },
      actual: counts.map { $0.truePositives + $0.falseNegatives })
  }

  /// The mean over the classes of Dice pooled over patients, `2 |P and R| / (|P| + |R|)` with sums over all of them: the
  /// paper's measure. A class that neither side has in any of them is left out; 0 where that leaves none.
  public static func pooledDice(_ patients: some Sequence<PatientCounts>) -> Double {
    let scores = pooledDiceByClass(patients).compactMap(\.self)
    return scores.isEmpty ? 0 : scores.reduce(0, +) / Double(scores.count)
  }

  /// The same class by class; `nil` for a class that neither side has.
  public static func pooledDiceByClass(_ patients: some Sequence<PatientCounts>) -> [Double?] {
    var overlap: [Int] = []
    var sizes: [Int] = []
    for patient in patients {
      if overlap.isEmpty {
        overlap = [Int](repeating: 0, count: patient.overlap.count)
        sizes = overlap
      }
      for index in patient.overlap.indices {
        overlap[index] += patient.overlap[index]
        sizes[index] += patient.predicted[index] + patient.actual[index]
      }
    }
    return zip(overlap, sizes).map { $1 > 0 ? 2 * Double($0) / Double($1) : nil }
  }
}
