package import Tensor

/// One sum over each anchor's similarities `s_j = a . r_j / t`.
package struct PairTerm<Scalar: TensorFloatingPointScalar>: Sendable {
  package enum Reduction: Sendable {
    /// `log sum_j exp(s_j)`; -infinity where there is nothing to sum.
    case logSumExp
    /// `sum_j s_j`.
    case sum
    /// `sum_j log(1 + exp(o - s_j))` with an offset o of each anchor, `[groups, anchors]`. The sum of the slopes by o comes
    /// with it.
    case softplus(offsets: Tensor<Scalar>)
    /// `max_j a . r_j`, without the temperature, and its place; ties go to the lowest. It has no gradient here.
    case largest
  }

  package let reduction: Reduction
  /// The references that the sum runs over.
  package let selection: PairSelection
  /// t.
  package let temperature: Scalar

  /// - Precondition: the temperature is positive.
  package init(_ reduction: Reduction, over selection: PairSelection = .all, temperature: Scalar) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.reduction = reduction
    self.selection = selection
    self.temperature = temperature
  }

  func check(_ comparison: RowComparison<Scalar>) {
    selection.check(comparison)
    if case .softplus(let offsets) = reduction { Self.check(offsets, comparison, "offsets") }
  }

  static func check(_ tensor: Tensor<Scalar>, _ comparison: RowComparison<Scalar>, _ name: String) {
    shapePrecondition(
      tensor.shape == comparison.shape,
      "\(name) of shape \(tensor.shape) does not fit anchors of \(comparison.shape)")
  }
}

/// What a term came to, each `[groups, anchors]`.
package struct PairSums<Scalar: TensorFloatingPointScalar>: Sendable {
  package let values: Tensor<Scalar>
  /// The slopes of the values by the offsets of ``PairTerm/Reduction/softplus(offsets:)``.
  package var slopes: Tensor<Scalar>?
  /// The references of the largest similarities, -1 for none.
  package var places: Tensor<Int32>?
  /// `m_i = sum_j exp(s_ij - lse_i) r_j` of ``PairTerm/Reduction/logSumExp``, `[groups, anchors, d]`, where they were asked for:
  /// the slope of lse_i by the anchor is m_i / t.
  package var means: Tensor<Scalar>?
}

/// A term with the weights w of its values in a loss: `sum_i w_i value_i` is to be differentiated.
package struct WeightedTerm<Scalar: TensorFloatingPointScalar>: Sendable {
  let term: PairTerm<Scalar>
  let values: Tensor<Scalar>
  let weights: Tensor<Scalar>

  /// - Parameters:
  ///   - values: What the term came to.
  ///   - weights: `[groups, anchors]`; 0 where the value is not finite.
  package init(_ term: PairTerm<Scalar>, values: Tensor<Scalar>, weights: Tensor<Scalar>) {
    self.term = term
    self.values = values
    self.weights = weights
  }

  func check(_ comparison: RowComparison<Scalar>) {
    term.check(comparison)
    PairTerm.check(values, comparison, "values")
    PairTerm.check(weights, comparison, "weights")
  }
}
