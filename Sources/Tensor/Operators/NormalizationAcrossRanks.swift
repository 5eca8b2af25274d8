extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The mean and the biased variance of every channel over this batch, `[C]` each, and the number of values behind them: what
  /// ranks put together to statistics of the batch of all ranks.
  package func batchMoments() -> (mean: Tensor, variance: Tensor, count: Int) {
    let layout = batchLayout("batchNorm")
    let moments = NormalizationKernels.moments(self, layout: layout)
    return (moments.mean, moments.variance, layout.count)
  }
}

/// Where a normalisation's statistics come from, which decides whether the gradient passes through them.
package enum StatisticsOrigin {
  /// Measured on the input: training.
  case input
  /// Given from outside, such as running statistics: evaluation.
  case fixed
  /// Measured on the inputs of all ranks, for batch norm alone: `count` values of each channel, and `total` makes of this
  /// rank's two sums of each channel, `[2 C]`, those over all ranks. The sums are those of the gradient and of its product with the
  /// normalised input; every rank has the same weights, so that it does not matter on which side of `total` they stand.
  case ranks(count: Int, total: ([Double]) -> [Double])

  /// Whether the input itself was measured.
  var isInput: Bool { if case .input = self { true } else { false } }

  /// How many values stand behind each mean, of `own` in this input; `nil` where no gradient passes through the statistics.
  func count(own: Int) -> Int? {
    switch self {
    case .input: own
    case .fixed: nil
    case .ranks(let count, _): count
    }
  }

  /// The sums that the gradient through the statistics takes.
  func totals(_ sums: [Double]) -> [Double] {
    if case .ranks(_, let total) = self { total(sums) } else { sums }
  }
}
