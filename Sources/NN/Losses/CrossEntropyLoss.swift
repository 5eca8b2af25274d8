public import Autograd
public import Tensor

/// The cross-entropy of softmax scores against labels.
///
/// For pixel i with label y and log-probabilities `log p`: `l_i = -w_y log p_y` without smoothing; with smoothing s
/// over K classes, `l_i = -(1 - s) w_y log p_y - (s / K) sum over c of w_c log p_c`. The loss is the mean
/// `sum of l_i / sum of w_y` over the pixels that are not ignored; without any it is 0, with a zero gradient. These
/// are PyTorch's definitions.
///
/// A class of weight 0 does not count, even where its probability is 0: `0 log 0` is its limit 0. So classes can be made
/// impossible by a logit of -infinity and weighted 0 together, where PyTorch gives NaN beside a finite gradient. A pixel
/// whose target has no weight at all has a zero gradient, whatever its logits.
public struct CrossEntropyLoss: SegmentationLoss, Codable, Hashable {
  /// A weight per class, or `nil` for ones.
  public let classWeights: [Double]?
  /// Pixels with this label are left out, for instance 255; may lie outside the classes.
  public let ignoredLabel: Int32?
  /// The probability spread over all classes, in `0...1`.
  public let labelSmoothing: Double

  /// A loss; without arguments, the plain mean over all pixels.
  ///
  /// - Precondition: the smoothing is in `0...1`.
  public init(classWeights: [Double]? = nil, ignoredLabel: Int32? = nil, labelSmoothing: Double = 0) {
    shapePrecondition(
      (0...1).contains(labelSmoothing), "label smoothing lies in 0...1, not at \(labelSmoothing)")
    self.classWeights = classWeights
    self.ignoredLabel = ignoredLabel
    self.labelSmoothing = labelSmoothing
  }

  public func check(classCount: Int) throws(TrainingError) {
    guard let classWeights, classWeights.count != classCount else { return }
    throw TrainingError(
      .badSetting(
        field: "classWeights", value: "\(classWeights)", reason: "there are \(classCount) classes"))
  }

  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>
  ) -> Variable<Scalar> { self(logits, labels, across: .single) }

  /// This rank's sum times the ranks, over the weights of all ranks' pixels: ignored pixels may lie unevenly.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ logits: Variable<Scalar>, _ labels: Tensor<Int32>, across ranks: Ranks
  ) -> Variable<Scalar> {
    checkLabels(labels, fit: logits, ignoring: ignoredLabel)
    let classes = logits.shape[-1]
    let weights = classWeights?.map { Scalar($0) } ?? [Scalar](repeating: 1, count: classes)
    shapePrecondition(
      weights.count == classes, "\(weights.count) class weights do not fit \(classes) classes")
    let logProbabilities = logits.value.logSoftmax(along: -1)
    let terms = CrossEntropyTerms(
      weights: weights, ignored: ignoredLabel, smoothing: Scalar(labelSmoothing), classes: classes)
    let bytes = logProbabilities.elementCount * MemoryLayout<Scalar>.stride
    let (sum, own) = Profiler.measure("crossEntropy", bytes: bytes) {
      terms.sums(logProbabilities, labels)
    }
    let total = ranks.count == 1 ? own : Scalar(ranks.mean(own.doubleValue))
    let loss = total > 0 ? sum / total : 0
    return .recorded("crossEntropy", inputs: [logits], value: Tensor(loss)) { gradient in
      let scale = total > 0 ? gradient.item / total : 0
      return [
        Profiler.measure("crossEntropy gradient", bytes: 2 * bytes) {
          terms.gradient(logProbabilities, labels, scale: scale)
        }
      ]
    }
  }
}

/// The loops of cross-entropy over pixels.
private struct CrossEntropyTerms<Scalar: TensorFloatingPointScalar> {
  let weights: [Scalar]
  let ignored: Int32?
  let smoothing: Scalar
  let classes: Int

  /// The sum of the pixels' terms and the sum of their weights, in chunks of a fixed size.
  func sums(_ logProbabilities: Tensor<Scalar>, _ labels: Tensor<Int32>) -> (Scalar, Scalar) {
    let spread = smoothing / Scalar(classes)
    return logProbabilities.withUnsafeBufferPointer { logs in
      labels.withUnsafeBufferPointer { labels in
        sumPixels(
          logs, labels, weights: weights, ignored: ignored ?? .min, smoothing: smoothing, spread: spread,
          classes: classes)
      }
    }
  }

  /// `scale` times the gradient of the sum with respect to the logits.
  func gradient(_ logProbabilities: Tensor<Scalar>, _ labels: Tensor<Int32>, scale: Scalar) -> Tensor<Scalar>
  {
    var result = logProbabilities.exp()
    let spread = smoothing / Scalar(classes)
    result.withUnsafeMutableBufferPointer { gradient in
      labels.withUnsafeBufferPointer { labels in
        differentiatePixels(
          gradient, labels, weights: weights, ignored: ignored ?? .min, smoothing: smoothing, spread: spread,
          classes: classes, scale: scale)
      }
    }
    return result
  }
}

@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func sumPixels<Scalar: TensorFloatingPointScalar>(
  _ logs: UnsafeBufferPointer<Scalar>, _ labels: UnsafeBufferPointer<Int32>, weights: [Scalar],
  ignored: Int32,
  smoothing: Scalar, spread: Scalar, classes: Int
) -> (Scalar, Scalar) {
  // Double accumulation: a Float sum over millions of pixels would lose digits.
  let sums = Parallel.sums(2, over: labels.count, grain: pixelChunk) { range, sums in
    var (sum, total) = (0.0, 0.0)
    for pixel in range where labels[pixel] != ignored {
      let label = Int(labels[pixel])
      let own = (1 - smoothing) * weights[label]
      var term = own == 0 ? 0 : own * logs[pixel * classes + label]
      if smoothing > 0 {
        for index in 0..<classes where weights[index] != 0 {
          term += spread * weights[index] * logs[pixel * classes + index]
        }
      }
      sum -= Double(term)
      total += Double(weights[label])
    }
    (sums[0], sums[1]) = (sum, total)
  }
  return (Scalar(sums[0]), Scalar(sums[1]))
}

/// Pixels that one piece of parallel work handles.
private let pixelChunk = 4096

/// On entry probabilities, on exit gradients: with the target `t_c = (1 - s) w_y [c = y] + (s / K) w_c` of a pixel,
/// `p_c sum(t) - t_c`.
@specialized(where Scalar == Float)
@specialized(where Scalar == Double)
private func differentiatePixels<Scalar: TensorFloatingPointScalar>(
  _ gradient: UnsafeMutableBufferPointer<Scalar>, _ labels: UnsafeBufferPointer<Int32>, weights: [Scalar],
  ignored: Int32, smoothing: Scalar, spread: Scalar, classes: Int, scale: Scalar
) {
  var smoothed: Scalar = 0
  for weight in weights { smoothed += spread * weight }
  let total = smoothed
  Parallel.for(labels.count, grain: pixelChunk) { range in
    for pixel in range {
      let start = pixel * classes
      let isIgnored = labels[pixel] == ignored
      let label = isIgnored ? 0 : Int(labels[pixel])
      let own = isIgnored ? 0 : (1 - smoothing) * weights[label]
      guard !isIgnored, own != 0 || total != 0 else {
        for index in 0..<classes { gradient[start + index] = 0 }
        continue
      }
      let sum = scale * (own + total)
      for index in 0..<classes { gradient[start + index] = gradient[start + index] * sum }
      if smoothing > 0 {
        for index in 0..<classes { gradient[start + index] -= scale * spread * weights[index] }
      }
      gradient[start + label] -= scale * own
    }
  }
}
