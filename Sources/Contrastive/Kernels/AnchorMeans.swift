package import Tensor

/// What the terms of a loss came to for one anchor.
package struct AnchorSums<Scalar: TensorFloatingPointScalar> {
  /// Its place in `[groups, anchors]`.
  let place: Int
  /// The values of the first and the second term, 0 for a term that is not there.
  let first, second: Scalar
  /// The sum of the slopes of the second term by its offset.
  let offsetSlope: Scalar
  /// The sum of the cosines of its positives, and their number.
  let cosines: Scalar
  let count: Int
}

/// An anchor's loss, with its slopes by the sums.
package struct AnchorLoss<Scalar: TensorFloatingPointScalar> {
  var value: Scalar
  /// What the anchor counts for in the mean, as the number of its pairs in a mean over pairs.
  var mass: Scalar = 1
  var first: Scalar = 0
  var second: Scalar = 0
  var cosines: Scalar = 0
}

/// The positives of a loss that enter by the sum of their cosines, with the rows they are found among.
package struct CosinePositives<Scalar: TensorFloatingPointScalar>: Sendable {
  let comparison: RowComparison<Scalar>
  let sets: PositiveSets
  /// The place of their references among the row sets of the loss.
  let rowSet: Int
}

/// A contrastive loss of each group: the weighted mean over the anchors of a function of their sums, and its gradient.
///
///     loss = sum over anchors i of w_i l(sums_i) / sum over anchors i of w_i m_i
///
/// with `m` the mass, 1 in a mean over anchors. An anchor without a loss is left out, and stays a reference of the others. A
/// group without anchors has loss 0 and gradient 0. O(rows) numbers are kept from forward to backward.
package struct AnchorMeans<Scalar: TensorFloatingPointScalar>: Sendable {
  /// The loss of each group, `[groups]`.
  package let losses: Tensor<Scalar>
  /// The number of anchors in each group.
  package let anchorCounts: [Int]

  private let comparison: RowComparison<Scalar>
  private let rowSets: [ContrastiveRows<Scalar>]
  private let referenceSet: Int
  private let terms: [(term: PairTerm<Scalar>, sums: PairSums<Scalar>)]
  private let positives: CosinePositives<Scalar>?
  private let masses: [Scalar]
  /// The slopes of the anchors' weighted losses by the first term, the second, and the cosines, `[groups, anchors]`.
  private let slopes: [Tensor<Scalar>]

  /// - Parameters:
  ///   - comparison: Anchors, the first of the row sets, with references.
  ///   - rowSets: The rows that receive gradients.
  ///   - referenceSet: The place of the references among them.
  ///   - terms: At most two, with what they came to.
  ///   - positives: Positives that enter by their cosines.
  ///   - counts: The number of positives of each anchor, `[groups, anchors]`.
  ///   - weights: w, `[groups, anchors]`; 1 where `nil`.
  ///   - loss: l; `nil` for a row that is no anchor.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package init(
    _ comparison: RowComparison<Scalar>, rowSets: [ContrastiveRows<Scalar>], referenceSet: Int = 0,
    terms: [(term: PairTerm<Scalar>, sums: PairSums<Scalar>)], positives: CosinePositives<Scalar>? = nil,
    counts: Tensor<Int32>, weights: Tensor<Scalar>?, loss: (AnchorSums<Scalar>) -> AnchorLoss<Scalar>?
  ) {
    if let weights {
      PairTerm.check(weights, comparison, "anchor weights")
      shapePrecondition(
        weights.withUnsafeBufferPointer { $0.allSatisfy { $0 >= 0 } }, "anchor weights are not negative")
    }
    let cosines = positives.map { ContrastiveProduct.positiveSums($0.comparison, $0.sets) }
    let (anchorCount, groupCount) = (comparison.anchors.rowCount, comparison.anchors.groupCount)
    let values = terms.map(\.sums.values.pointer)
    let offsetSlopes = terms.dropFirst().first?.sums.slopes?.pointer
    let (countStart, cosineStart, weightStart) = (counts.pointer, cosines?.pointer, weights?.pointer)
    var slopes = (0..<3).map { _ in Tensor<Scalar>(zeros: comparison.shape) }
    var totals = [Scalar](repeating: 0, count: groupCount)
    var (masses, anchors) = (totals, [Int](repeating: 0, count: groupCount))
    let starts = slopes.indices.map { index in
      slopes[index].withUnsafeMutableBufferPointer { $0.baseAddress }
    }
    for index in 0..<groupCount * anchorCount {
      let sums = AnchorSums<Scalar>(
        place: index, first: values.isEmpty ? 0 : values[0][index],
        second: values.count < 2 ? 0 : values[1][index], offsetSlope: offsetSlopes?[index] ?? 0,
        cosines: cosineStart?[index] ?? 0, count: Int(countStart[index]))
      let weight = weightStart?[index] ?? 1
      guard weight != 0, let anchor = loss(sums) else { continue }
      let group = index / anchorCount
      totals[group] += weightStart == nil ? anchor.value : weight * anchor.value
      masses[group] += weight * anchor.mass
      anchors[group] += 1
      starts[0]?[index] = weight * anchor.first
      starts[1]?[index] = weight * anchor.second
      starts[2]?[index] = weight * anchor.cosines
    }
    withExtendedLifetime((slopes, terms, counts, cosines, weights)) {}
    losses = Tensor(
      zip(totals, masses).map { $1 == 0 ? 0 : $0 / $1 }, shape: [groupCount])
    anchorCounts = anchors
    (self.comparison, self.rowSets, self.referenceSet) = (comparison, rowSets, referenceSet)
    (self.terms, self.positives, self.masses, self.slopes) = (terms, positives, masses, slopes)
  }

  /// The gradients of `sum_g outputGradient_g losses_g`, one tensor for each view of each row set.
  ///
  /// - Parameter wanted: For each row set, whether its gradients are asked for; those that are not are empty.
  /// - Precondition: `outputGradient` is `[groups]`.
  package func gradients(_ outputGradient: Tensor<Scalar>, wanted: [Bool]) -> [[Tensor<Scalar>]] {
    shapePrecondition(
      outputGradient.shape == [masses.count],
      "the gradient of shape \(outputGradient.shape) does not fit \(masses.count) groups")
    let weights = slopes.map { shares($0, of: outputGradient) }
    let weighted = zip(terms, weights).compactMap { part, weights -> WeightedTerm<Scalar>? in
      if case .largest = part.term.reduction { return nil }
      return WeightedTerm(part.term, values: part.sums.values, weights: weights)
    }
    var gradients = zip(rowSets, wanted).map {
      $1 ? ContrastiveGradient(for: $0) : ContrastiveGradient(unitGradients: [])
    }
    if wanted[0] {
      if weighted.count == 1, let means = terms[0].sums.means {
        ContrastiveProduct.addGradient(comparison, weighted[0], means: means, to: &gradients[0])
      } else {
        ContrastiveProduct.addGradient(comparison, weighted, to: &gradients[0])
      }
    }
    if !comparison.isAmongThemselves, wanted[referenceSet] {
      ContrastiveProduct.addReferenceGradient(comparison, weighted, to: &gradients[referenceSet])
    }
    if let positives {
      let (comparison, sets) = (positives.comparison, positives.sets)
      if wanted[0] {
        ContrastiveProduct.addPositiveGradient(comparison, sets, weights: weights[2], to: &gradients[0])
      }
      if wanted[positives.rowSet] {
        ContrastiveProduct.addPositiveReferenceGradient(
          comparison, sets, weights: weights[2], to: &gradients[positives.rowSet])
      }
    }
    return rowSets.indices.map { index in
      // In place: the gradient is the largest tensor here.
      if wanted[index] { gradients[index].applyNormalization(of: rowSets[index]) }
      return gradients[index].views
    }
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func shares(_ slopes: Tensor<Scalar>, of outputGradient: Tensor<Scalar>) -> Tensor<Scalar> {
    let anchorCount = comparison.anchors.rowCount
    let (output, slope) = (outputGradient.pointer, slopes.pointer)
    return Tensor(shape: slopes.shape) { weights in
      for index in weights.indices {
        let group = index / anchorCount
        weights[index] = slope[index] == 0 ? 0 : output[group] / masses[group] * slope[index]
      }
    }
  }
}
