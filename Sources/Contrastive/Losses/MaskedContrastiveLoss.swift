import Autograd
import Tensor

/// The supervised contrastive loss with positives from a mask, which need not come from labels; holds the `[N, M]`
/// similarities.
func maskedContrastiveLoss<Scalar: TensorFloatingPointScalar>(
  anchors: Variable<Scalar>, references: Variable<Scalar>, positives: Tensor<Bool>,
  excluded: ExcludedReference,
  scale: ContrastiveTemperature, floor: CosineFloor
) -> Variable<Scalar> {
  let (count, referenceCount) = (anchors.shape[0], references.shape[0])
  shapePrecondition(
    anchors.shape.rank == 2 && references.shape.rank == 2 && anchors.shape[1] == references.shape[1],
    "anchors of shape \(anchors.shape) do not fit references of shape \(references.shape)")
  shapePrecondition(
    positives.shape == [count, referenceCount],
    "positives of shape \(positives.shape) do not fit \(count) anchors and \(referenceCount) references")
  shapePrecondition(
    excluded == .none || count == referenceCount,
    "\(count) anchors cannot leave out the reference of their own index among \(referenceCount)")
  let left = UnitRows(anchors.value, floor: floor)
  let right = UnitRows(references.value, floor: floor)
  let temperature = Scalar(scale.temperature)
  var similarities = left.rows.matmul(right.rows, transposing: .right) / temperature
  var mask = positives
  if excluded == .sameIndex {
    similarities.withUnsafeMutableBufferPointer { for i in 0..<count { $0[i * count + i] = -.infinity } }
    mask.withUnsafeMutableBufferPointer { for i in 0..<count { $0[i * count + i] = false } }
  }
  let terms = MaskedTerms(similarities: similarities, positives: mask)
  let factor = scale.factor(as: Scalar.self)
  return .recorded(
    "maskedContrastive", inputs: [anchors, references], value: Tensor(terms.loss * factor)
  ) { gradient in
    let slopes = terms.gradient() * (gradient.item * factor / temperature)
    return [
      left.gradient(slopes.matmul(right.rows)), right.gradient(slopes.matmul(left.rows, transposing: .left)),
    ]
  }
}

/// The loss of similarities `[N, M]`, where -infinity leaves a pair out, and its gradient.
private struct MaskedTerms<Scalar: TensorFloatingPointScalar> {
  let similarities: Tensor<Scalar>
  let positives: Tensor<Bool>
  let logSumExp: Tensor<Scalar>
  /// Positives of each anchor.
  let counts: [Int]
  let anchorCount: Int
  let loss: Scalar

  init(similarities: Tensor<Scalar>, positives: Tensor<Bool>) {
    self.similarities = similarities
    self.positives = positives
    let references = similarities.shape[1]
    let logs = similarities.logSumExp(along: 1)
    logSumExp = logs
    var counts: [Int] = []
    var total: Scalar = 0
    similarities.withUnsafeBufferPointer { values in
      positives.withUnsafeBufferPointer { mask in
        logs.withUnsafeBufferPointer { logs in
          for anchor in 0..<similarities.shape[0] {
            var sum: Scalar = 0
            var count = 0
            for pair in anchor * references..<(anchor + 1) * references where mask[pair] {
              sum += values[pair]
              count += 1
            }
            counts.append(count)
            if count > 0 { total += logs[anchor] - sum / Scalar(count) }
          }
        }
      }
    }
    self.counts = counts
    anchorCount = counts.count { $0 > 0 }
    loss = anchorCount == 0 ? 0 : total / Scalar(anchorCount)
  }

  /// By the similarities: `(p_ij - [j in P(i)] / |P(i)|) / |A|` in the rows of anchors, 0 elsewhere.
  func gradient() -> Tensor<Scalar> {
    let references = similarities.shape[1]
    var slopes = (similarities - logSumExp.expanded(at: 1)).exp()
    slopes.withUnsafeMutableBufferPointer { slopes in
      positives.withUnsafeBufferPointer { mask in
        for anchor in counts.indices {
          let isAnchor = counts[anchor] > 0
          let share: Scalar = isAnchor ? 1 / Scalar(anchorCount) : 0
          let positiveShare = isAnchor ? share / Scalar(counts[anchor]) : 0
          for pair in anchor * references..<(anchor + 1) * references {
            slopes[pair] = (isAnchor ? share * slopes[pair] : 0) - (mask[pair] ? positiveShare : 0)
          }
        }
      }
    }
    return slopes
  }
}
