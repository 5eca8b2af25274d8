/// How far a prediction by sliding windows has come.
public struct InferenceProgress: Sendable, Hashable, CustomStringConvertible {
  /// Windows done.
  public let windowsDone: Int
  /// Windows in all.
  public let windowCount: Int
  /// Seconds since the prediction began.
  public let seconds: Double
  /// Seconds of these in the network's forward pass.
  public let networkSeconds: Double

  /// The share of the windows that is done, in 0...1.
  public var fraction: Double { Double(windowsDone) / Double(windowCount) }
  /// Seconds until the last window is done, at this speed.
  public var secondsRemaining: Double { seconds * (1 / fraction - 1) }

  public var description: String {
    "window \(windowsDone)/\(windowCount)  \(Int(secondsRemaining.rounded())) s left"
  }

  /// Called behind each batch of windows; `.stop` ends the prediction with ``InferenceError/Code/stopped(windows:of:)``.
  public typealias Handler = (InferenceProgress) throws -> TrainingControl
}
