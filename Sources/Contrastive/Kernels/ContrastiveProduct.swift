import Tensor

/// The part of a contrastive loss that compares every anchor with every reference, without ever holding the matrix of
/// similarities.
///
/// Forward, each anchor's similarities are summed up in one or more ways (``PairTerm``); backward they are computed again,
/// tile by tile. Memory beside input and gradient is O(rows), time O(anchors references dimensions). Results do not depend
/// on the number of threads. With unit rows z, the loss of SimCLR is
///
///     let rows = RowComparison(ContrastiveRows(views: [first, second]))      // [groups, n, d] each
///     let all = PairTerm<Float>(.logSumExp, temperature: 0.1)
///     let lse = ContrastiveProduct.reduce(rows, [all])[0].values             // log sum over k != i of exp(s_ik)
///     // loss = sum_i w_i lse_i + a part of the positives
///     var gradient = ContrastiveGradient(for: rows.anchors)
///     ContrastiveProduct.addGradient(rows, [WeightedTerm(all, values: lse, weights: w)], to: &gradient)
///     let gradients = gradient.throughNormalization(of: rows.anchors)        // shaped like the views
package enum ContrastiveProduct {
  /// What every term comes to for every anchor.
  ///
  /// - Precondition: terms over all references come before those over some, and these run over the same.
  package static func reduce<Scalar>(
    _ comparison: RowComparison<Scalar>, _ terms: [PairTerm<Scalar>]
  ) -> [PairSums<Scalar>] {
    for term in terms { term.check(comparison) }
    return Profiler.measure("contrastive product", flops: comparison.pairFlops) {
      if let comparison = comparison as? RowComparison<Float>, let terms = terms as? [PairTerm<Float>],
        let sums = ContrastiveTiles.reduce(comparison, terms) as? [PairSums<Scalar>]
      {
        return sums
      }
      return ContrastiveExact.reduce(comparison, terms)
    }
  }

  /// Adds the gradient of `sum_i w_i value_i` over all terms with respect to the unit rows: of rows among themselves that
  /// of the rows, else that of the anchors.
  ///
  /// - Precondition: at most two terms.
  package static func addGradient<Scalar>(
    _ comparison: RowComparison<Scalar>, _ terms: [WeightedTerm<Scalar>],
    to gradient: inout ContrastiveGradient<Scalar>
  ) {
    addGradient(comparison, terms, by: .anchors, to: &gradient)
  }

  /// Adds the gradient of `sum_i w_i value_i` over all terms with respect to the unit references.
  ///
  /// - Precondition: at most two terms; references, not rows among themselves.
  package static func addReferenceGradient<Scalar>(
    _ comparison: RowComparison<Scalar>, _ terms: [WeightedTerm<Scalar>],
    to gradient: inout ContrastiveGradient<Scalar>
  ) {
    shapePrecondition(!comparison.isAmongThemselves, "rows among themselves have one gradient")
    addGradient(comparison, terms, by: .references, to: &gradient)
  }

  private static func addGradient<Scalar>(
    _ comparison: RowComparison<Scalar>, _ terms: [WeightedTerm<Scalar>], by side: ComparisonSide,
    to gradient: inout ContrastiveGradient<Scalar>
  ) {
    shapePrecondition(terms.count <= 2, "\(terms.count) terms in one gradient")
    for term in terms { term.check(comparison) }
    Profiler.measure("contrastive product gradient", flops: 2 * comparison.pairFlops) {
      if let comparison = comparison as? RowComparison<Float>, let terms = terms as? [WeightedTerm<Float>] {
        gradient.withMutableViews { views in
          ContrastiveTiles.addGradient(comparison, terms, by: side, to: views.map { $0?.asFloat })
        }
      } else {
        ContrastiveExact.addGradient(comparison, terms, by: side, to: &gradient)
      }
    }
  }
}

/// Whose gradient is collected.
enum ComparisonSide { case anchors, references }
