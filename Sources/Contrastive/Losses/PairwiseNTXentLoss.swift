public import Autograd
public import Tensor

/// NT-Xent pair by pair: each positive of an anchor is told from the anchor's negatives alone; its other positives are in
/// no denominator.
///
///     L = 1/|pairs| sum over i, j in P(i) of -log( e^s_ij / (e^s_ij + sum over k in N(i) of e^s_ik) )
///
/// with `s_ij = cos(u_i, u_j) / T`, positives P(i) of the same label and negatives N(i) of other labels. The mean runs over
/// the pairs, so that an anchor counts for as many as it has positives. Without any pair the loss is 0, and so it is where no
/// row is a negative; equal rows with m negatives each give log(1 + m). The scale of rows leaves no trace; a row of zeros has
/// cosine 0 with all and no gradient. O(N d) memory, by a mask too.
///
/// Source: the `NTXentLoss` of pytorch-metric-learning, whose denominator this is; with one positive for each anchor and no
/// other row of its label it is ``NTXentLoss``.
public struct PairwiseNTXentLoss: Sendable, Hashable, Codable {
  /// T: .07.
  public var temperature: Double
  /// The least length that rows are divided by: 1e-8.
  public var floor: CosineFloor

  /// - Precondition: the temperature is positive.
  public init(temperature: Double = 0.07, floor: CosineFloor = .cosineSimilarity) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.temperature = temperature
    self.floor = floor
  }

  /// The loss of rows `[N, d]`; positives share a label `[N]`.
  ///
  /// `weights`: weights of the anchors, `[N]`: the mean is `sum w_i L_ij / sum w_i` over the pairs.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, labels: Tensor<Int32>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let sets = PositiveSets(labels: groupLabels(labels, rows.shape))
    return loss(
      RowComparison(ContrastiveRows(rows, floor: floor)), [rows], .labels(sets), counts: sets.counts, weights)
  }

  /// The loss of rows `[N, d]` whose positives a mask `[N, N]` names; all others are negatives, its diagonal is ignored.
  ///
  /// `weights`: weights of the anchors, `[N]`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ rows: Variable<Scalar>, positives: Tensor<Bool>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let unit = ContrastiveRows(rows, floor: floor)
    return loss(
      RowComparison(anchors: unit, references: unit, excluding: .sameIndex), [rows], .mask(positives),
      counts: positiveCounts(positives, unit.rowCount, unit.rowCount, excluding: .sameIndex), weights)
  }

  /// The loss of anchors `[N, d]` against references `[M, d]`; positives share a label, `[N]` and `[M]`.
  ///
  /// - `excluded`: Which reference an anchor is not compared with.
  /// - `weights`: Weights of the anchors, `[N]`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    anchors: Variable<Scalar>, labels: Tensor<Int32>, references: Variable<Scalar>,
    referenceLabels: Tensor<Int32>, excluding excluded: ExcludedReference = .none,
    weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let sets = PositiveSets(
      anchorLabels: groupLabels(labels, anchors.shape),
      referenceLabels: groupLabels(referenceLabels, references.shape), excluding: excluded)
    let comparison = RowComparison(
      anchors: ContrastiveRows(anchors, floor: floor), references: ContrastiveRows(references, floor: floor),
      excluding: excluded)
    return loss(comparison, [anchors, references], .labels(sets), counts: sets.counts, weights)
  }

  /// `rows`: the anchors, and the references where they are not the same rows.
  private func loss<Scalar>(
    _ comparison: RowComparison<Scalar>, _ rows: [Variable<Scalar>], _ positives: PositivePairs,
    counts: Tensor<Int32>, _ weights: Tensor<Scalar>?
  ) -> Variable<Scalar> {
    let temperature = Scalar(temperature)
    let others = PairTerm<Scalar>(.logSumExp, over: .others(positives), temperature: temperature)
    let negatives = ContrastiveProduct.reduce(comparison, [others])[0]
    let pairs = PairTerm<Scalar>(
      .softplus(offsets: negatives.values), over: .positives(positives), temperature: temperature)
    return AnchorMeans(
      comparison,
      rowSets: rows.count == 1 ? [comparison.anchors] : [comparison.anchors, comparison.references],
      referenceSet: rows.count - 1,
      terms: [(others, negatives), (pairs, ContrastiveProduct.reduce(comparison, [pairs])[0])],
      counts: counts, weights: groupWeights(weights, comparison.anchors.rowCount)
    ) {
      $0.count == 0
        ? nil : AnchorLoss(value: $0.second, mass: Scalar($0.count), first: $0.offsetSlope, second: 1)
    }.recorded("pairwiseNTXent", rows.map { [$0.expanded(at: 0)] }).sum()
  }
}

/// Labels `[N]` of rows `[N, d]` as those of one group.
func groupLabels(_ labels: Tensor<Int32>, _ rows: TensorShape) -> Tensor<Int32> {
  shapePrecondition(
    rows.rank == 2 && labels.shape == [rows[0]],
    "labels of shape \(labels.shape) do not fit rows of shape \(rows)")
  return labels.expanded(at: 0)
}

/// The positives of each anchor of a mask, `[1, anchors]`, without the excluded one.
func positiveCounts(
  _ mask: Tensor<Bool>, _ anchors: Int, _ references: Int, excluding excluded: ExcludedReference
) -> Tensor<Int32> {
  shapePrecondition(
    mask.shape == [anchors, references],
    "positives of shape \(mask.shape) do not fit \(anchors) anchors and \(references) references")
  return mask.withUnsafeBufferPointer { mask in
    Tensor(shape: [1, anchors]) { counts in
      for anchor in 0..<anchors {
        let left = excluded.reference(of: anchor)
        counts[anchor] = Int32((0..<references).count { mask[anchor * references + $0] && $0 != left })
      }
    }
  }
}
