public import Autograd
public import Tensor

/// Over which pixels the sums of an overlap loss run.
public enum OverlapScope: Sendable {
  /// All pixels of the batch together: one score per class.
  case batch
  /// The pixels of each image: one score per image and class, then the mean.
  case image
}

/// Which classes an overlap loss averages.
public enum ScoredClasses: Sendable {
  case all
  /// Without class 0.
  case foreground
}

/// `1 - mean of (2 sum(p g) + s) / (sum(p) + sum(g) + s)` over the classes, with softmax probabilities p and reference g
/// in {0, 1}: the soft Dice loss. A loss, not the score `DiceCoefficient`.
///
/// Sources: Milletari, Navab and Ahmadi, 3DV 2016 (squared denominator); Drozdzal et al., 2016 (plain).
public struct DiceLoss<Scalar: TensorFloatingPointScalar>: SegmentationLoss {
  /// The denominator's form.
  public enum Denominator: Sendable {
    /// `sum(p) + sum(g)`.
    case plain
    /// `sum(p^2) + sum(g^2)`.
    case squared
  }

  /// s in the formula: 1.
  public let smoothing: Scalar
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
    smoothing: Scalar = 1, denominator: Denominator = .plain, scope: OverlapScope = .batch,
    classes: ScoredClasses = .all
  ) {
    shapePrecondition(smoothing >= 0, "the smoothing of a Dice loss is not negative: \(smoothing)")
    self.smoothing = smoothing
    self.denominator = denominator
    self.scope = scope
    self.classes = classes
  }

  public func callAsFunction(_ logits: Variable<Scalar>, _ labels: Tensor<Int32>) -> Variable<Scalar> {
    let (smoothing, isSquared) = (smoothing, denominator == .squared)
    return overlapLoss("dice", logits, labels, scope: scope, classes: classes) { sums in
      let total = isSquared ? sums.squaredProbability + sums.reference : sums.probability + sums.reference
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
/// `FP = sum(p (1 - g))`, `FN = sum((1 - p) g)`.
///
/// Source: Salehi, Erdogmus and Gholipour, MLMI 2017.
public struct TverskyLoss<Scalar: TensorFloatingPointScalar>: SegmentationLoss {
  /// The weight of false positives: .3.
  public let alpha: Scalar
  /// The weight of false negatives: .7.
  public let beta: Scalar
  /// s in the formula: 1.
  public let smoothing: Scalar
  /// Over which pixels the sums run: those of the batch.
  public let scope: OverlapScope
  /// Which classes are averaged: all.
  public let classes: ScoredClasses

  /// A loss with the given formula.
  ///
  /// - Precondition: weights and smoothing are not negative.
  public init(
    alpha: Scalar = 0.3, beta: Scalar = 0.7, smoothing: Scalar = 1, scope: OverlapScope = .batch,
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

  public func callAsFunction(_ logits: Variable<Scalar>, _ labels: Tensor<Int32>) -> Variable<Scalar> {
    let (alpha, beta, smoothing) = (alpha, beta, smoothing)
    return overlapLoss("tversky", logits, labels, scope: scope, classes: classes) { sums in
      let total =
        sums.overlap + alpha * (sums.probability - sums.overlap) + beta * (sums.reference - sums.overlap)
        + smoothing
      let score = (sums.overlap + smoothing) / total
      return OverlapScore(
        value: score, byOverlap: (1 - score * (1 - alpha - beta)) / total,
        byProbability: -score * alpha / total,
        bySquaredProbability: 0)
    }
  }
}

/// The soft counts of one class.
struct OverlapSums<Scalar: TensorFloatingPointScalar> {
  var overlap: Scalar = 0
  var probability: Scalar = 0
  var squaredProbability: Scalar = 0
  var reference: Scalar = 0
}

/// A class's score and its derivatives by the counts that depend on the prediction.
struct OverlapScore<Scalar: TensorFloatingPointScalar> {
  let value: Scalar
  let byOverlap: Scalar
  let byProbability: Scalar
  let bySquaredProbability: Scalar
}

/// `1 - mean of score(sums of a class)`, with its gradient through softmax.
private func overlapLoss<Scalar: TensorFloatingPointScalar>(
  _ name: String, _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, scope: OverlapScope,
  classes scored: ScoredClasses, score: (OverlapSums<Scalar>) -> OverlapScore<Scalar>
) -> Variable<Scalar> {
  checkLabels(labels, fit: logits, ignoring: nil)
  let classes = logits.shape[-1]
  let groups = scope == .batch ? 1 : max(logits.shape[0], 1)
  let first = scored == .all ? 0 : 1
  shapePrecondition(first < classes, "a loss over the foreground needs a class beside the background")
  let probabilities = logits.value.softmax(along: -1)
  let bytes = probabilities.elementCount * MemoryLayout<Scalar>.stride
  let sums = Profiler.measure(name, bytes: bytes) {
    probabilities.withUnsafeBufferPointer { p in
      labels.withUnsafeBufferPointer { overlapSums(p, $0, classes: classes, groups: groups) }
    }
  }
  let share = 1 / Scalar(groups * (classes - first))
  var loss: Scalar = 1
  // Per group and class: the derivatives of the loss by overlap, probability and squared probability.
  var slopes = [Scalar](repeating: 0, count: groups * classes * 3)
  for group in 0..<groups {
    for index in first..<classes {
      let result = score(sums[group * classes + index])
      loss -= share * result.value
      let start = (group * classes + index) * 3
      slopes[start] = -share * result.byOverlap
      slopes[start + 1] = -share * result.byProbability
      slopes[start + 2] = -share * result.bySquaredProbability
    }
  }
  return .recorded(name, inputs: [logits], value: Tensor(loss)) { gradient in
    let scaled = slopes.map { $0 * gradient.item }
    return Profiler.measure("\(name) gradient", bytes: 2 * bytes) {
      var result = probabilities
      result.withUnsafeMutableBufferPointer { buffer in
        labels.withUnsafeBufferPointer {
          differentiateOverlap(buffer, $0, slopes: scaled, classes: classes, groups: groups)
        }
      }
      return [result]
    }
  }
}

/// Pixels that one piece of parallel work handles.
private let overlapChunk = 4096

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func overlapSums<Scalar: TensorFloatingPointScalar>(
  _ p: UnsafeBufferPointer<Scalar>, _ labels: UnsafeBufferPointer<Int32>, classes: Int, groups: Int
) -> [OverlapSums<Scalar>] {
  let pixels = labels.count / groups
  return (0..<groups).flatMap { group -> [OverlapSums<Scalar>] in
    // Double accumulation, as for every sum over pixels.
    let sums = Parallel.sums(4 * classes, over: pixels, grain: overlapChunk) { range, sums in
      for pixel in range {
        let pixel = group * pixels + pixel
        let start = pixel * classes
        for index in 0..<classes {
          let value = Double(p[start + index])
          sums[index * 4 + 1] += value
          sums[index * 4 + 2] += value * value
        }
        let own = Int(labels[pixel])
        sums[own * 4] += Double(p[start + own])
        sums[own * 4 + 3] += 1
      }
    }
    return (0..<classes).map { index in
      let counts = sums[index * 4..<index * 4 + 4].map { Scalar($0) }
      return OverlapSums(
        overlap: counts[0], probability: counts[1], squaredProbability: counts[2], reference: counts[3])
    }
  }
}

/// On entry probabilities, on exit gradients by the logits: `p_c (q_c - sum over k of p_k q_k)` with
/// `q_c = a_c g_c + b_c + 2 d_c p_c`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func differentiateOverlap<Scalar: TensorFloatingPointScalar>(
  _ p: UnsafeMutableBufferPointer<Scalar>, _ labels: UnsafeBufferPointer<Int32>, slopes: [Scalar],
  classes: Int,
  groups: Int
) {
  let pixels = labels.count / groups
  slopes.withUnsafeBufferPointer { slopes in
    Parallel.for(labels.count, grain: overlapChunk) { range in
      for pixel in range {
        let base = pixel / pixels * classes * 3
        let start = pixel * classes
        let label = Int(labels[pixel])
        let own = slopes[base + label * 3]
        var mean = own * p[start + label]
        for index in 0..<classes {
          let value = p[start + index]
          mean += value * (slopes[base + index * 3 + 1] + 2 * slopes[base + index * 3 + 2] * value)
        }
        let ownProbability = p[start + label]
        for index in 0..<classes {
          let value = p[start + index]
          p[start + index] =
            value * (slopes[base + index * 3 + 1] + 2 * slopes[base + index * 3 + 2] * value - mean)
        }
        p[start + label] += ownProbability * own
      }
    }
  }
}
