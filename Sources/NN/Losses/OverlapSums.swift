import Autograd
import Tensor

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

  /// Of a class of which there is nothing at all.
  static var absent: OverlapScore {
    OverlapScore(value: 1, byOverlap: 0, byProbability: 0, bySquaredProbability: 0)
  }
}

/// `1 - mean of score(sums of a class)`, with its gradient through softmax. Sums over the batch are over all ranks' parts of it:
/// each rank's loss then depends on every rank's sums alike, and a sum's gradient is that of all of them together.
func overlapLoss<Scalar: TensorFloatingPointScalar>(
  _ name: String, _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, scope: OverlapScope,
  classes scored: ScoredClasses, ranks: Ranks, score: (OverlapSums<Scalar>) -> OverlapScore<Scalar>
) -> Variable<Scalar> {
  checkLabels(labels, fit: logits, ignoring: nil)
  let classes = logits.shape[-1]
  let groups = scope == .batch ? 1 : max(logits.shape[0], 1)
  let first = scored == .all ? 0 : 1
  shapePrecondition(first < classes, "a loss over the foreground needs a class beside the background")
  let probabilities = logits.value.softmax(along: -1)
  let bytes = probabilities.elementCount * MemoryLayout<Scalar>.stride
  var sums = Profiler.measure(name, bytes: bytes) {
    probabilities.withUnsafeBufferPointer { p in
      labels.withUnsafeBufferPointer { overlapSums(p, $0, classes: classes, groups: groups) }
    }
  }
  let isShared = scope == .batch && ranks.count > 1
  if isShared { sums = sums.total(over: ranks) }
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
    let scaled = slopes.map { $0 * gradient.item * Scalar(isShared ? ranks.count : 1) }
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

extension Array {
  /// The same sums over all ranks.
  fileprivate func total<Scalar>(over ranks: Ranks) -> [OverlapSums<Scalar>]
  where Element == OverlapSums<Scalar> {
    let all = ranks.sum(
      flatMap { [$0.overlap, $0.probability, $0.squaredProbability, $0.reference].map(\.doubleValue) })
    return indices.map { index in
      let counts = all[index * 4..<index * 4 + 4].map { Scalar($0) }
      return OverlapSums(
        overlap: counts[0], probability: counts[1], squaredProbability: counts[2], reference: counts[3])
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
