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

  /// The same, with ``PairSums/means`` of the first term where they can be had: for a gradient by the anchors alone, which then
  /// computes no similarity a second time. Two products of matrices in place of three, for one row kept of each anchor.
  package static func reduceWithMeans<Scalar>(
    _ comparison: RowComparison<Scalar>, _ terms: [PairTerm<Scalar>]
  ) -> [PairSums<Scalar>] {
    guard let narrow = comparison as? RowComparison<Float>, let narrowTerms = terms as? [PairTerm<Float>]
    else { return reduce(comparison, terms) }
    for term in terms { term.check(comparison) }
    return Profiler.measure("contrastive product with means", flops: 2 * comparison.pairFlops) {
      ContrastiveTiles.reduceWithMeans(narrow, narrowTerms) as? [PairSums<Scalar>] ?? []
    }
  }

  /// Adds the gradient of `sum_i w_i lse_i` by the unit anchors from the means that were kept.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  static func addGradient<Scalar>(
    _ comparison: RowComparison<Scalar>, _ term: WeightedTerm<Scalar>, means: Tensor<Scalar>,
    to gradient: inout ContrastiveGradient<Scalar>
  ) {
    let anchors = comparison.anchors
    let (dimension, rowCount) = (anchors.dimension, anchors.rowCount)
    let (weights, means, inverse) = (term.weights.pointer, means.pointer, 1 / term.term.temperature)
    gradient.withMutableViews { pointers in
      Parallel.for(anchors.groupCount * rowCount, grain: max(1, (1 << 14) / max(1, dimension))) { range in
        for index in range where weights[index] != 0 {
          let (group, row) = index.quotientAndRemainder(dividingBy: rowCount)
          guard let target = ContrastiveGradient.row(row, group: group, of: anchors, in: pointers)
          else { continue }
          RowKernels.add(
            target, means + index * dimension, factor: weights[index] * inverse, count: dimension)
        }
      }
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
