import Foundation

/// How far apart a pre-training put images, at first and at the end: the library's `embeddingSpread(_:)`, which SuperCL
/// reports at each step.
///
/// About 1 where embeddings point everywhere, 0 in a collapse. The cosine of positive pairs cannot show a collapse: it is
/// near 1 when the method works, too.
struct SpreadOfEmbeddings: Codable, Sendable {
  let seed: UInt64
  /// The mean over the first tenth of the steps.
  let first: Double
  /// The mean over the last tenth of the steps.
  let last: Double

  /// `nil` for a method that does not report the spread.
  init?(_ pretraining: PretrainingStage.Outcome) {
    guard let values = pretraining.values(of: "spread") else { return nil }
    let length = max(1, values.count / 10)
    func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
    (seed, first, last) = (pretraining.seed, mean(values.prefix(length)), mean(values.suffix(length)))
  }

  var sentence: String {
    "seed \(seed): spread of the embeddings "
      + String(format: "%.3f at first, %.3f at the end", first, last)
  }
}
