/// A metric's result: a number, or a named reason why there is none.
///
/// An empty mask makes many metrics undefined. Well-known tools answer with 0, 1, NaN, infinity or an
/// exception, each a different one; here the case has a name, and whoever averages scores decides what it
/// counts for (``UndefinedScorePolicy``).
public enum Score: Hashable, Sendable {
  /// The metric's number; distances are in millimetres.
  case value(Double)
  /// There is no number, for this reason.
  case undefined(UndefinedScore)

  /// The number, or `nil` where the score is undefined.
  public var value: Double? {
    if case .value(let value) = self { value } else { nil }
  }

  /// The reason, or `nil` where there is a number.
  public var undefinedReason: UndefinedScore? {
    if case .undefined(let reason) = self { reason } else { nil }
  }

  /// The quotient of two amounts, or `reason` where the denominator is 0.
  static func ratio(
    _ numerator: Double, _ denominator: Double, orUndefined reason: @autoclosure () -> UndefinedScore
  ) -> Score {
    denominator == 0 ? .undefined(reason()) : .value(numerator / denominator)
  }
}

extension Score: CustomStringConvertible {
  public var description: String {
    switch self {
    case .value(let value): "\(value)"
    case .undefined(let reason): "undefined (\(reason))"
    }
  }
}

/// Why a score has no number.
public enum UndefinedScore: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  /// Neither mask has foreground: the class is absent, and there is nothing to compare.
  case bothEmpty
  /// The reference has foreground and the prediction has none: a miss.
  case predictionEmpty
  /// The prediction has foreground and the reference has none: a false alarm.
  case referenceEmpty
  /// The reference fills the grid, so no background exists that specificity could be a share of.
  case noBackground

  public var description: String {
    switch self {
    case .bothEmpty: "both masks are empty"
    case .predictionEmpty: "the prediction is empty"
    case .referenceEmpty: "the reference is empty"
    case .noBackground: "the reference has no background"
    }
  }
}
