/// The statistics that a normalisation measured: three numbers for each mean.
///
/// With the input they are all that the backward pass needs; everything else is computed again.
public struct NormalizationStatistics<Scalar: TensorFloatingPointScalar>: Sendable {
  /// The means: `[C]` for batch norm, `[N, C]` for instance norm, `[N, groups]` for group norm, the leading
  /// lengths for layer norm.
  public let mean: Tensor<Scalar>
  /// The biased variances (divided by ``count``), shaped like ``mean``.
  public let variance: Tensor<Scalar>
  /// `1 / sqrt(variance + epsilon)`, shaped like ``mean``.
  public let inverseStandardDeviation: Tensor<Scalar>
  /// The number of values behind each mean. `variance * count / (count - 1)` is the unbiased variance.
  public let count: Int

  package init(mean: Tensor<Scalar>, variance: Tensor<Scalar>, epsilon: Scalar, count: Int) {
    self.mean = mean
    self.variance = variance
    self.count = count
    inverseStandardDeviation = Tensor(shape: variance.shape) { result in
      variance.withUnsafeBufferPointer { variance in
        for index in result.indices { result[index] = 1 / (variance[index] + epsilon).squareRoot() }
      }
    }
  }
}

/// The gradients of a normalisation.
package struct NormalizationGradients<Scalar: TensorFloatingPointScalar>: Sendable {
  /// Shaped like the input.
  package let input: Tensor<Scalar>
  /// Shaped like the weight: one number a channel.
  package let weight: Tensor<Scalar>
  /// Shaped like the bias: one number a channel.
  package let bias: Tensor<Scalar>
}
