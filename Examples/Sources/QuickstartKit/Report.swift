import Foundation

/// What `report.json` holds.
public struct Report: Codable, Sendable {
  /// One score of one training.
  public struct Row: Codable, Sendable {
    public let method: String
    public let fraction: Double
    public let seed: UInt64
    /// A class's name, or "mean".
    public let `class`: String
    /// 0...1.
    public let dice: Double
    /// 0...1.
    public let jaccard: Double
    /// Millimetres; null where prediction and reference nowhere both have the class.
    public let hd95_mm: Double?
    public let assd_mm: Double?
    /// Slabs of the test part in which the class was not found.
    public let missed: Int

    init(_ run: FineTuningStage.Run, _ score: PartScores.ClassScore) {
      method = run.method.rawValue
      fraction = run.fraction
      seed = run.seed
      `class` = score.name
      dice = score.dice
      jaccard = score.jaccard
      hd95_mm = score.hd95
      assd_mm = score.assd
      missed = score.missed
    }

    enum CodingKeys: String, CodingKey {
      case method, fraction, seed, `class`, dice, jaccard, hd95_mm, assd_mm, missed
    }

    /// Missing distances are written as null, not left out.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(method, forKey: .method)
      try container.encode(fraction, forKey: .fraction)
      try container.encode(seed, forKey: .seed)
      try container.encode(`class`, forKey: .class)
      try container.encode(dice, forKey: .dice)
      try container.encode(jaccard, forKey: .jaccard)
      try container.encode(hd95_mm, forKey: .hd95_mm)
      try container.encode(assd_mm, forKey: .assd_mm)
      try container.encode(missed, forKey: .missed)
    }
  }

  /// Seconds of a stage, and the process's highest memory at its end.
  public struct Stage: Codable, Sendable {
    public let name: String
    public let seconds: Double
    public let peak_mib: Double
  }

  /// One training's search result on the validation part.
  public struct Choice: Codable, Sendable {
    public let method: String
    public let candidate: String
    public let validation_dice: Double
    public let chosen: Bool
  }

  /// SuperCL against scratch.
  public struct Difference: Codable, Sendable {
    public let fraction: Double?
    public let pairs: Int
    public let mean: Double
    /// 95 % interval of the mean by Student's t; null with one pair and in a quick run, whose networks are untrained.
    public let low: Double?
    public let high: Double?
  }

  /// What the scores are worth.
  public enum Kind: String, Codable, Sendable {
    /// The real run.
    case full
    /// A small network and few steps, which show that all parts work: the scores mean nothing.
    case quick

    /// What a reader must know first; `nil` for a full run.
    var warning: String? {
      switch self {
      case .full: nil
      case .quick:
        "a quick run: a small network and few steps show that every part works; the scores mean nothing"
      }
    }
  }

  public let kind: Kind
  public let note: String
  /// What the readers of both files noticed, and how many voxels are not finite.
  public let notes: [String]
  public let settings: Settings
  public let window: [Double]
  public let classes: [String]
  public let split: [SlabSplit.Slab]
  public let voxels: [String: [String: Int]]
  public let stages: [Stage]
  let superpixels: SuperpixelStage.Outcome
  let pretraining: PretrainingStage.Outcome?
  /// Whether pre-training told images apart; null without SuperCL.
  let spread: EmbeddingSpread?
  public let search: [Choice]
  public let results: [Row]
  public let differences: [Difference]
  /// The mean validation Dice of scratch with the fewest labels at each fifth of its training.
  public let scratch_curve: [Double]
}

/// The mean of paired differences with Student's 95 % interval, which a quick run does not have.
func pairedDifference(_ values: [Double], fraction: Double?, kind: Report.Kind) -> Report.Difference {
  let count = Double(values.count)
  let mean = values.reduce(0, +) / count
  guard values.count > 1, kind == .full else {
    return .init(fraction: fraction, pairs: values.count, mean: mean, low: nil, high: nil)
  }
  let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
  // The .975 quantiles of Student's t for 1, 2, ... degrees of freedom.
  let quantiles = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
  ]
  let quantile = quantiles[min(values.count - 2, quantiles.count - 1)]
  let half = quantile * (variance / count).squareRoot()
  return .init(fraction: fraction, pairs: values.count, mean: mean, low: mean - half, high: mean + half)
}
