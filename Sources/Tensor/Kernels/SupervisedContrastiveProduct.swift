/// The supervised contrastive loss of each group, with the mean over positives outside the logarithm, and
/// its gradient: forward keeps O(rows) numbers.
///
/// For a group with the anchors A that have positives, `c_i` of them each:
///
///     loss = 1/|A| sum_{i in A} [ log sum_{k != i} exp(s_ik) - 1/c_i sum_{j in P(i)} s_ij ],  s_ij = z_i . z_j / t
///
/// A row without positives is left out as an anchor and stays a negative of the others. A group without
/// anchors has loss 0 and gradient 0. Source: Khosla et al., 2020, L_out.
package struct SupervisedContrastiveProduct<Scalar: TensorFloatingPointScalar>: Sendable {
  /// The loss of each group, `[groups]`.
  package let losses: Tensor<Scalar>
  /// The number of anchors with a positive in each group.
  package let anchorCounts: [Int]

  let rows: ContrastiveRows<Scalar>
  let positives: PositiveSets
  let temperature: Scalar
  let logSumExp: Tensor<Scalar>

  /// - Precondition: `temperature > 0`; the labels fit the rows.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package init(rows: ContrastiveRows<Scalar>, positives: PositiveSets, temperature: Scalar) {
    let (lse, sums) = Profiler.measure("contrastive product", flops: rows.pairFlops) {
      (
        ContrastiveProduct.logSumExp(rows, temperature: temperature),
        ContrastiveProduct.positiveSums(rows, positives)
      )
    }
    var anchorCounts = [Int](repeating: 0, count: rows.groupCount)
    losses = Tensor(shape: [rows.groupCount]) { losses in
      for group in losses.indices {
        var total: Scalar = 0
        var anchors = 0
        for index in group * rows.rowCount..<(group + 1) * rows.rowCount {
          let count = positives.counts.pointer[index]
          guard count > 0 else { continue }
          total += lse.pointer[index] - sums.pointer[index] / (temperature * Scalar(count))
          anchors += 1
        }
        losses[group] = anchors == 0 ? 0 : total / Scalar(anchors)
        anchorCounts[group] = anchors
      }
    }
    self.anchorCounts = anchorCounts
    self.rows = rows
    self.positives = positives
    self.temperature = temperature
    logSumExp = lse
  }

  /// The gradients of `sum_g outputGradient_g losses_g`, one tensor a view.
  ///
  /// - Precondition: `outputGradient` is `[groups]`.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func gradients(_ outputGradient: Tensor<Scalar>) -> [Tensor<Scalar>] {
    shapePrecondition(
      outputGradient.shape == [rows.groupCount],
      "the gradient of shape \(outputGradient.shape) does not fit \(rows.groupCount) groups")
    let weights = weights(outputGradient) { _ in 1 }
    let positiveWeights = self.weights(outputGradient) { -1 / (temperature * Scalar($0)) }
    return Profiler.measure("contrastive product gradient", flops: 2 * rows.pairFlops) {
      var gradient = ContrastiveGradient(for: rows)
      ContrastiveProduct.addLogSumExpGradient(
        rows, temperature: temperature, logSumExp: logSumExp, weights: weights, to: &gradient)
      ContrastiveProduct.addPositiveGradient(rows, positives, weights: positiveWeights, to: &gradient)
      // In place: the gradient is the largest tensor here.
      gradient.applyNormalization(of: rows)
      return gradient.views
    }
  }

  private func weights(_ outputGradient: Tensor<Scalar>, _ factor: (Int32) -> Scalar) -> Tensor<Scalar> {
    Tensor(shape: [rows.groupCount, rows.rowCount]) { weights in
      for index in weights.indices {
        let count = positives.counts.pointer[index]
        let group = index / rows.rowCount
        weights[index] =
          count == 0
          ? 0 : outputGradient.pointer[group] / Scalar(anchorCounts[group]) * factor(count)
      }
    }
  }
}
