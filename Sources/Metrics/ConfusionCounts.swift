public import Tensor

/// How many elements prediction and reference agree and differ on.
///
/// Counts of several cases add up: the score of the sum is the *pooled* score (the paper's), in which large
/// cases weigh more; the mean of the cases' scores weighs all cases alike.
///
///     let counts = ConfusionCounts(prediction: predicted, reference: truth)
///     DiceCoefficient().score(counts)
public struct ConfusionCounts: Hashable, Sendable {
  /// Foreground in both.
  public var truePositives: Int
  /// Foreground in the prediction alone.
  public var falsePositives: Int
  /// Foreground in the reference alone.
  public var falseNegatives: Int
  /// Background in both.
  public var trueNegatives: Int

  /// - Precondition: no count is negative.
  public init(truePositives: Int, falsePositives: Int, falseNegatives: Int, trueNegatives: Int) {
    shapePrecondition(
      min(truePositives, falsePositives, falseNegatives, trueNegatives) >= 0,
      "counts are not negative: \([truePositives, falsePositives, falseNegatives, trueNegatives])")
    self.truePositives = truePositives
    self.falsePositives = falsePositives
    self.falseNegatives = falseNegatives
    self.trueNegatives = trueNegatives
  }

  /// Counts two masks. O(pixels), no memory.
  ///
  /// - Precondition: the masks have equal shapes.
  public init(prediction: BinaryMask, reference: BinaryMask) {
    shapePrecondition(
      prediction.shape == reference.shape,
      "prediction \(prediction.shape) and reference \(reference.shape) differ in shape")
    let (both, predicted, actual) = prediction.values.withUnsafeBufferPointer { first in
      reference.values.withUnsafeBufferPointer { second in
        Self.foreground(UnsafeRawBufferPointer(first), UnsafeRawBufferPointer(second))
      }
    }
    self.init(
      overlap: both, predicted: predicted, actual: actual, total: prediction.shape.elementCount)
  }

  init(overlap: Int, predicted: Int, actual: Int, total: Int) {
    self.init(
      truePositives: overlap, falsePositives: predicted - overlap, falseNegatives: actual - overlap,
      trueNegatives: total - predicted - actual + overlap)
  }

  /// No element at all: the neutral element of `+`.
  public static let zero = ConfusionCounts(
    truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0)

  /// Foreground elements of the prediction.
  public var predictedPositives: Int { truePositives + falsePositives }
  /// Foreground elements of the reference.
  public var referencePositives: Int { truePositives + falseNegatives }
  /// All elements.
  public var total: Int { truePositives + falsePositives + falseNegatives + trueNegatives }

  /// Which of the masks is empty, if any.
  public var emptiness: EmptyMasks? {
    EmptyMasks(predictionIsEmpty: predictedPositives == 0, referenceIsEmpty: referencePositives == 0)
  }

  public static func + (a: ConfusionCounts, b: ConfusionCounts) -> ConfusionCounts {
    ConfusionCounts(
      truePositives: a.truePositives + b.truePositives,
      falsePositives: a.falsePositives + b.falsePositives,
      falseNegatives: a.falseNegatives + b.falseNegatives,
      trueNegatives: a.trueNegatives + b.trueNegatives)
  }

  public static func += (a: inout ConfusionCounts, b: ConfusionCounts) { a = a + b }

  /// Counts bytes of 0 and 1, eight at a time: a byte of a word holds the sum of up to 255 words.
  private static func foreground(
    _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
  ) -> (both: Int, first: Int, second: Int) {
    var totals = (both: 0, first: 0, second: 0)
    let words = first.count / 8
    var word = 0
    while word < words {
      let end = min(word + 255, words)
      var both: UInt64 = 0
      var one: UInt64 = 0
      var two: UInt64 = 0
      for index in word..<end {
        let a = first.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
        let b = second.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self)
        both &+= a & b
        one &+= a
        two &+= b
      }
      totals.both += both.byteSum
      totals.first += one.byteSum
      totals.second += two.byteSum
      word = end
    }
    for index in 8 * words..<first.count {
      totals.both += Int(first[index] & second[index])
      totals.first += Int(first[index])
      totals.second += Int(second[index])
    }
    return totals
  }
}

extension UInt64 {
  /// The sum of the eight bytes.
  fileprivate var byteSum: Int {
    let mask: UInt64 = 0x00FF_00FF_00FF_00FF
    let pairs = (self & mask) + ((self >> 8) & mask)
    return Int((pairs &* 0x0001_0001_0001_0001) >> 48)
  }
}

/// Which of two masks has no foreground.
public enum EmptyMasks: Hashable, Sendable {
  case both, prediction, reference

  init?(predictionIsEmpty: Bool, referenceIsEmpty: Bool) {
    switch (predictionIsEmpty, referenceIsEmpty) {
    case (true, true): self = .both
    case (true, false): self = .prediction
    case (false, true): self = .reference
    case (false, false): return nil
    }
  }

  /// What a metric that needs both masks answers.
  public var undefinedScore: UndefinedScore {
    switch self {
    case .both: .bothEmpty
    case .prediction: .predictionEmpty
    case .reference: .referenceEmpty
    }
  }
}
