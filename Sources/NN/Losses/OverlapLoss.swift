public import Autograd
public import Tensor

/// Over which pixels the sums of an overlap loss run.
public enum OverlapScope: String, Codable, Sendable {
  /// All pixels of the batch together: one score per class.
  case batch
  /// The pixels of each image: one score per image and class, then the mean.
  case image
}

/// Which classes an overlap loss averages.
public enum ScoredClasses: String, Codable, Sendable {
  case all
  /// Without class 0.
  case foreground
}

/// `1 - mean of (2 sum(p g) + s) / (sum(p) + sum(g) + s)` over the classes, with softmax probabilities p and reference g
/// in {0, 1}: the soft Dice loss. A loss, not the score `DiceCoefficient`.
///
/// A class that is absent from prediction and reference alike scores 1 with a zero gradient for every s, 0 included: the
/// limit of (0 + s) / (0 + s).
///
/// Sources: Milletari, Navab and Ahmadi, 3DV 2016 (squared denominator); Drozdzal et al., 2016 (plain).
public struct DiceLoss: SegmentationLoss, Codable, Hashable {
  /// The denominator's form.
  public enum Denominator: String, Codable, Sendable {
    /// `sum(p) + sum(g)`.
    case plain
    /// `sum(p^2) + sum(g^2)`.
    case squared
  }

  /// s in the formula: 1.
  public let smoothing: Double
  /// The denominator's form: plain.
  public let denominator: Denominator
  /// Over which pixels the sums run: those of the batch.
  public let scope: OverlapScope
  /// Which classes are averaged: all.
  public let classes: ScoredClasses

  /// A loss with the given formula.
  ///
  /// - Precondition: weights and smoothing are not negative.
  public init(
    smoothing: Double = 1, denominator: Denominator = .plain, scope: OverlapScope = .batch,
    classes: ScoredClasses = .all
  ) {
    shapePrecondition(smoothing >= 0, "the smoothing of a Dice loss is not negative: \(smoothing)")
    self.smoothing = smoothing
    self.denominator = denominator
    self.scope = scope
    self.classes = classes
  }

  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>
  ) -> Variable<Scalar> { self(logits, labels, across: .single) }

  /// With the sums of all ranks' pixels where they are the batch's.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, across ranks: Ranks
  ) -> Variable<Scalar> {
    let (smoothing, isSquared) = (Scalar(smoothing), denominator == .squared)
    return overlapLoss("dice", logits, labels, scope: scope, classes: classes, ranks: ranks) { sums in
      let total = isSquared ? sums.squaredProbability + sums.reference : sums.probability + sums.reference
      guard total + smoothing != 0 else { return .absent }
      let score = (2 * sums.overlap + smoothing) / (total + smoothing)
      // d score / d (overlap, probability, squaredProbability)
      let slope = -score / (total + smoothing)
      return OverlapScore(
        value: score, byOverlap: 2 / (total + smoothing), byProbability: isSquared ? 0 : slope,
        bySquaredProbability: isSquared ? slope : 0)
    }
  }
}

/// `1 - mean of (TP + s) / (TP + alpha FP + beta FN + s)` over the classes, with soft counts `TP = sum(p g)`,
/// `FP = sum(p (1 - g))`, `FN = sum((1 - p) g)`. Where the denominator is 0 the score is 1 with a zero gradient, as in
/// ``DiceLoss``.
///
/// Source: Salehi, Erdogmus and Gholipour, MLMI 2017.
public struct TverskyLoss: SegmentationLoss, Codable, Hashable {
  /// The weight of false positives: .3.
  public let alpha: Double
  /// The weight of false negatives: .7.
  public let beta: Double
  /// s in the formula: 1.
  public let smoothing: Double
  /// Over which pixels the sums run: those of the batch.
  public let scope: OverlapScope
  /// Which classes are averaged: all.
  public let classes: ScoredClasses

  /// A loss with the given formula.
  ///
  /// - Precondition: weights and smoothing are not negative.
  public init(
    alpha: Double = 0.3, beta: Double = 0.7, smoothing: Double = 1, scope: OverlapScope = .batch,
    classes: ScoredClasses = .all
  ) {
    shapePrecondition(
      alpha >= 0 && beta >= 0 && smoothing >= 0,
      "Tversky's weights and smoothing are not negative: \(alpha), \(beta), \(smoothing)")
    self.alpha = alpha
    self.beta = beta
    self.smoothing = smoothing
    self.scope = scope
    self.classes = classes
  }

  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>
  ) -> Variable<Scalar> { self(logits, labels, across: .single) }

  /// With the sums of all ranks' pixels where they are the batch's.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, across ranks: Ranks
  ) -> Variable<Scalar> {
    let (alpha, beta, smoothing) = (Scalar(alpha), Scalar(beta), Scalar(smoothing))
    return overlapLoss("tversky", logits, labels, scope: scope, classes: classes, ranks: ranks) { sums in
      let total =
        sums.overlap + alpha * (sums.probability - sums.overlap) + beta * (sums.reference - sums.overlap)
        + smoothing
      guard total != 0 else { return .absent }
      let score = (sums.overlap + smoothing) / total
      return OverlapScore(
        value: score, byOverlap: (1 - score * (1 - alpha - beta)) / total,
        byProbability: -score * alpha / total,
        bySquaredProbability: 0)
    }
  }
}
