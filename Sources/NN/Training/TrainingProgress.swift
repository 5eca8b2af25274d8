/// One named value of a training step, such as a term of the loss.
public struct LossTerm: Sendable, Equatable, Codable {
  /// The short name, such as `loss`.
  public let name: String
  /// The value of this step.
  public let value: Double

  /// A name with its value.
  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

/// What a training reports after every step.
public struct TrainingProgress: Sendable, CustomStringConvertible {
  /// Steps done, this one included.
  public let step: Int
  /// Steps in all.
  public let totalSteps: Int
  /// The epoch that the step's batch began in, from 0.
  public let epoch: Int
  /// The losses and their terms; means over the parts of an accumulated step.
  public let terms: [LossTerm]
  /// What the user should know about this step.
  public let warnings: [TrainingWarning]
  /// What the user should know about the training, in the first report of a run.
  public let notes: [String]
  /// The learning rate of each objective in this step.
  public let learningRates: [Double]
  /// The score of this step's validation, where there was one.
  public let score: Double?
  /// Images per second since the run started or was resumed.
  public let imagesPerSecond: Double
  /// Seconds until the whole training is done, at this speed.
  public let secondsRemaining: Double

  /// The learning rate of the first objective.
  public var learningRate: Double { learningRates.first ?? 0 }

  public var description: String {
    let values = terms.map { "\($0.name) \(Self.rounded($0.value))" }.joined(separator: "  ")
    let score = score.map { "  score \(Self.rounded($0))" } ?? ""
    let line =
      "step \(step)/\(totalSteps)  \(values)\(score)  \(Self.rounded(imagesPerSecond)) images/s  "
      + "\(Self.duration(secondsRemaining)) left"
    return (notes.map { "note: \($0)" } + [line] + warnings.map { "  warning: \($0)" })
      .joined(separator: "\n")
  }

  private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }

  private static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds < 1e9 else { return "unknown time" }
    let whole = Int(seconds.rounded())
    if whole < 120 { return "\(whole) s" }
    return whole < 7200 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole / 60 % 60) min"
  }
}

/// What a training does after a report.
public enum TrainingControl: Sendable {
  case proceed
  /// Write the checkpoint, if there is one, and return.
  case stop
}

/// Why ``TrainingLoop/run(checkpoint:validation:progress:)`` returned.
public enum TrainingEnd: Sendable, Hashable {
  /// All steps are done.
  case finished
  /// The progress report said stop; a resumed training goes on.
  case stopped
  /// The score did not improve for as long as ``Validation/patience`` allows.
  case scoreStoppedImproving
}
