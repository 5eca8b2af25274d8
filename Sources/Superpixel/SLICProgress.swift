/// How far a segmentation has come.
public struct SLICProgress: Hashable, Sendable {
  /// The part of the work in hand.
  public enum Stage: Hashable, Sendable {
    /// Pixels are read and converted.
    case features
    /// Pass `iteration` has ended; it changed `changedLabels` labels.
    case pass(iteration: Int, changedLabels: Int)
    /// Passes are over; pieces are found and merged.
    case connectivity
  }

  /// What a progress handler answers.
  public enum Decision: Hashable, Sendable {
    /// Go on.
    case proceed
    /// Give up: the call throws ``SuperpixelError`` with the code `cancelled`.
    case stop
  }

  /// The part of the work in hand.
  public let stage: Stage
  /// An estimate of the share of the work done, in 0...1; it never falls.
  public let fraction: Double

  /// Called on the caller's thread at the begin of each stage and after each pass.
  public typealias Handler = (SLICProgress) -> Decision
}
