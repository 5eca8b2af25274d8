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
  /// One a seed; none without SuperCL.
  let pretraining: [PretrainingStage.Outcome]
  /// Whether each pre-training told images apart.
  let spread: [SpreadOfEmbeddings]
  public let search: [Choice]
  public let results: [Row]
  /// SuperCL against scratch, one for each share of labels.
  let differences: [MethodDifference]
  /// The mean validation Dice of scratch with the fewest labels at each fifth of its training.
  public let scratch_curve: [Double]
}
