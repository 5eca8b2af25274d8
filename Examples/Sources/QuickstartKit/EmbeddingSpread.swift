import Foundation

/// How far apart the embeddings of different images lie: 1 minus the mean cosine of the pairs that are no positives.
///
/// When pre-training collapses, all images get one embedding and the spread is 0. The cosine of positive pairs cannot show
/// this: it is near 1 when the method works, too.
package struct EmbeddingSpread: Sendable, Codable {
  /// The mean over the first tenth of the steps.
  package let first: Double
  /// The mean over the last tenth of the steps.
  package let last: Double
  /// The temperature of the losses.
  package let temperature: Double

  /// - Parameters:
  ///   - cosines: The mean cosine of the other pairs for each step; `nil` where a batch had none.
  /// - Returns: `nil` without any value in the first or last tenth.
  package init?(cosines: [Double?], temperature: Double) {
    let length = max(1, cosines.count / 10)
    func mean(_ part: ArraySlice<Double?>) -> Double? {
      let values = part.compactMap { $0 }
      return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
    guard let first = mean(cosines.prefix(length)), let last = mean(cosines.suffix(length)) else {
      return nil
    }
    self.first = 1 - first
    self.last = 1 - last
    self.temperature = temperature
  }

  /// Whether the losses can hardly tell images apart: below the temperature T, two images weigh in a denominator by
  /// factors that differ by less than exp(spread / T) < e.
  package var isNarrow: Bool { last < temperature }

  /// The figures, what they mean, and a warning where it is due.
  package var sentence: String {
    let figures = String(format: "spread of the embeddings: %.3f at first, %.3f at the end", first, last)
    return isNarrow
      ? figures
        + String(format: "; below the temperature %g: pre-training hardly tells images apart", temperature)
      : figures
  }
}
