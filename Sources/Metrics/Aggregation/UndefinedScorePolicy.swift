/// What undefined scores count for in an average. There is no default: it changes results, so it is said.
///
///     report.summary(of: "hd95_mm", class: liver, undefined: .skip)
///     report.summary(of: "hd95_mm", class: liver, undefined: .imageDiagonal)
///
/// Whatever the policy, the summary counts how many cases were used, skipped and missed.
public struct UndefinedScorePolicy: Hashable, Sendable {
  /// What one kind of undefined score becomes.
  public enum Treatment: Hashable, Sendable {
    /// The case does not take part. For misses this is optimistic: the worst cases vanish.
    case skip
    /// The case counts with this number.
    case score(Double)
    /// The average shows it: a distance of infinity, an overlap of 0. An average over a case in which both
    /// masks are empty has then no number.
    case propagate
    /// The diagonal of the case's image for a distance: no surface distance is longer. 0 for an overlap.
    case imageDiagonal
  }

  /// A class that neither mask has.
  public var bothEmpty: Treatment
  /// A class that only one mask has: a miss or a false alarm. Overlaps are 0 by themselves there, distances
  /// undefined.
  public var oneEmpty: Treatment

  public init(bothEmpty: Treatment = .skip, oneEmpty: Treatment) {
    self.bothEmpty = bothEmpty
    self.oneEmpty = oneEmpty
  }

  /// Undefined scores take no part. Optimistic for distances.
  public static let skip = UndefinedScorePolicy(oneEmpty: .skip)
  /// A miss makes the average distance infinite; a class absent from both takes no part.
  public static let propagate = UndefinedScorePolicy(oneEmpty: .propagate)
  /// A miss counts as the image's diagonal; a class absent from both takes no part.
  public static let imageDiagonal = UndefinedScorePolicy(oneEmpty: .imageDiagonal)
  /// A miss counts as this number; a class absent from both takes no part.
  public static func score(_ value: Double) -> UndefinedScorePolicy {
    UndefinedScorePolicy(oneEmpty: .score(value))
  }

  /// What a score counts for.
  enum Contribution: Equatable {
    case number(Double)
    case skipped
    case undefined
  }

  func contribution(of score: Score, quantity: MetricQuantity, imageDiagonal: Double) -> Contribution {
    let treatment: Treatment
    let hasNoLimit: Bool
    switch score {
    case .value(let value): return .number(value)
    case .undefined(.bothEmpty), .undefined(.noBackground): (treatment, hasNoLimit) = (bothEmpty, true)
    case .undefined(.predictionEmpty), .undefined(.referenceEmpty):
      (treatment, hasNoLimit) = (oneEmpty, quantity == .signedDifference)
    }
    switch treatment {
    case .skip: return .skipped
    case .score(let value): return .number(value)
    case .propagate:
      if hasNoLimit { return .undefined }
      return .number(quantity == .distanceInMillimeters ? .infinity : 0)
    case .imageDiagonal:
      return .number(quantity == .distanceInMillimeters ? imageDiagonal : 0)
    }
  }
}
