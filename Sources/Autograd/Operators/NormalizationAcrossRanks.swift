package import Tensor

extension Variable {
  /// Batch norm with the statistics of the batches of all ranks, and a leaky ReLU, on this rank's part.
  ///
  /// Of the ranks' means m, biased variances v and counts n the statistics are, around a shift c that is the same on all of them
  /// (near the mean, so that nothing cancels):
  ///
  ///     N = sum n,  d = sum n (m - c) / N,  mean = c + d,  variance = sum n (v + (m - c)^2) / N - d^2
  ///
  /// One message forward carries these sums, one backward the two sums of each channel that the gradient through the statistics
  /// takes. The gradients of weight and bias stay this rank's own.
  ///
  /// - Parameters:
  ///   - weight: A factor for each channel `[C]`, or `nil` for ones.
  ///   - bias: A summand for each channel `[C]`, or `nil` for zeros.
  ///   - epsilon: Added to the variance.
  ///   - negativeSlope: The slope of the leaky ReLU.
  ///   - shift: c, `[C]`.
  ///   - total: The sum over all ranks, element by element; every rank must call it equally often, in the same order.
  package func batchNorm(
    weight: Variable?, bias: Variable?, epsilon: Scalar, negativeSlope: Scalar, shift: Tensor<Scalar>,
    total: @escaping ([Double]) -> [Double]
  ) -> (output: Variable, statistics: NormalizationStatistics<Scalar>) {
    let (x, w, b) = (value, weight?.value, bias?.value)
    let statistics = Self.statistics(of: x, shift: shift.scalars, epsilon: epsilon, total: total)
    let compute = {
      x.batchNorm(
        weight: w, bias: b, mean: statistics.mean, variance: statistics.variance, epsilon: epsilon,
        negativeSlope: negativeSlope)
    }
    let result = Self.normalization(
      "batchNorm across ranks", self, weight, bias, compute(), recomputation: compute
    ) {
      x.batchNormGradients(
        outputGradient: $0, weight: w, bias: b, statistics: statistics, negativeSlope: negativeSlope,
        origin: .ranks(count: statistics.count, total: total))
    }
    return (result, statistics)
  }

  private static func statistics(
    of input: Tensor<Scalar>, shift: [Scalar], epsilon: Scalar, total: ([Double]) -> [Double]
  ) -> NormalizationStatistics<Scalar> {
    let own = input.batchMoments()
    let (means, variances) = (own.mean.scalars, own.variance.scalars)
    let channels = shift.count
    var sums = [Double](repeating: 0, count: 2 * channels + 1)
    if own.count > 0 {
      for channel in 0..<channels {
        let distance = means[channel].doubleValue - shift[channel].doubleValue
        sums[channel] = Double(own.count) * distance
        sums[channels + channel] =
          Double(own.count) * (variances[channel].doubleValue + distance * distance)
      }
      sums[2 * channels] = Double(own.count)
    }
    sums = total(sums)
    let count = sums[2 * channels]
    let distances = sums[..<channels].map { $0 / count }
    let variance = zip(sums[channels..<2 * channels], distances).map { Swift.max($0 / count - $1 * $1, 0) }
    return NormalizationStatistics(
      mean: Tensor(zip(shift, distances).map { Scalar($0.doubleValue + $1) }),
      variance: Tensor(variance.map { Scalar($0) }), epsilon: epsilon, count: Int(count))
  }
}
