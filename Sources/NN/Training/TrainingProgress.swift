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
  /// The loss and its terms.
  public let terms: [LossTerm]
  /// The learning rate of this step.
  public let learningRate: Double
  /// Images per second since the run started or was resumed.
  public let imagesPerSecond: Double
  /// Seconds left at this speed.
  public let secondsRemaining: Double

  public var description: String {
    let values = terms.map { "\($0.name) \(Self.rounded($0.value))" }.joined(separator: "  ")
    return "step \(step)/\(totalSteps)  \(values)  \(Self.rounded(imagesPerSecond)) images/s  "
      + "\(Int(secondsRemaining.rounded())) s left"
  }

  private static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}

/// What a training does after a report.
public enum TrainingControl: Sendable {
  case proceed
  /// Write the checkpoint, if there is one, and return.
  case stop
}
