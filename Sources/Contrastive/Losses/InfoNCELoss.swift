public import Autograd
public import Tensor

/// InfoNCE: query i attracts key i. The denominator holds key i and the negatives:
///
///     L = -1/N sum over i of [ s_ii - log(exp(s_ii) + sum over negatives k of exp(s_ik)) ]    s_ij = cos(q_i, k_j) / T
///
/// The negatives are either the other keys of the batch (queries alone are anchors, so the loss is not symmetric), or
/// rows given apart, such as MoCo's queue; then the other keys do not count. O((N + M) d) memory: no N x M matrix is stored.
/// With weights w of the queries the mean is `sum w_i L_i / sum w_i`. One query without negatives has loss 0; equal rows
/// give the logarithm of the terms, N or 1 + M. The scale of rows leaves no trace; a row of zeros has cosine 0 with all and no
/// gradient. Without queries the loss is 0.
///
/// Sources: van den Oord, Li and Vinyals, arXiv 1807.03748; He et al., CVPR 2020 (MoCo, equation 1, T = .07).
public struct InfoNCELoss: Sendable, Hashable, Codable {
  /// T: .07.
  public var temperature: Double
  /// The least length that rows are divided by: 1e-8; MoCo's own code has ``CosineFloor/normalize``.
  public var floor: CosineFloor

  /// A loss of the given temperature, which divides by lengths of at least `floor`.
  ///
  /// - Precondition: the temperature is positive.
  public init(temperature: Double = 0.07, floor: CosineFloor = .cosineSimilarity) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.temperature = temperature
    self.floor = floor
  }

  /// The loss of queries `[N, d]` and keys `[N, d]`, with the other keys as negatives.
  ///
  /// `weights`: weights of the queries, `[N]`; a query of weight 0 is no anchor, its key stays a negative.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    queries: Variable<Scalar>, keys: Variable<Scalar>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let (own, sets) = ownKeys(queries, keys)
    let temperature = Scalar(temperature)
    let term = PairTerm(.logSumExp, temperature: temperature)
    let means = AnchorMeans(
      own, rowSets: [own.anchors, own.references], referenceSet: 1,
      terms: [(term, ContrastiveProduct.reduce(own, [term])[0])],
      positives: CosinePositives(comparison: own, sets: sets, rowSet: 1), counts: sets.counts,
      weights: groupWeights(weights, queries.shape[0])
    ) { AnchorLoss(value: $0.first - $0.cosines / temperature, first: 1, cosines: -1 / temperature) }
    return means.recorded("infoNCE", [[queries.expanded(at: 0)], [keys.expanded(at: 0)]]).sum()
  }

  /// The loss of queries `[N, d]` and keys `[N, d]` with negatives `[M, d]`.
  ///
  /// `weights`: weights of the queries, `[N]`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    queries: Variable<Scalar>, keys: Variable<Scalar>, negatives: Variable<Scalar>,
    weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    parts(queries, keys, negatives, weights, [PairTerm(.logSumExp, temperature: Scalar(temperature))]).loss
  }

  /// The loss, and the share of the queries that lie nearer to their own key than to any negative, from one comparison of
  /// queries and negatives. A negative that is the key itself is as near: such a query does not count. Cosines within 16
  /// roundings of the scalar are equal.
  public func evaluate<Scalar: TensorFloatingPointScalar>(
    queries: Variable<Scalar>, keys: Variable<Scalar>, negatives: Variable<Scalar>,
    weights: Tensor<Scalar>? = nil
  ) -> (loss: Variable<Scalar>, accuracy: Double) {
    let temperature = Scalar(temperature)
    let (loss, sums) = parts(
      queries, keys, negatives, weights,
      [PairTerm(.logSumExp, temperature: temperature), PairTerm(.largest, temperature: temperature)])
    let (own, sets) = ownKeys(queries, keys)
    let cosines = ContrastiveProduct.positiveSums(own, sets)
    let margin = 16 * Scalar.ulpOfOne
    return (loss, Tensor<Scalar>(mask: cosines - margin .> sums[1].values).mean().item.doubleValue)
  }

  private func parts<Scalar>(
    _ queries: Variable<Scalar>, _ keys: Variable<Scalar>, _ negatives: Variable<Scalar>,
    _ weights: Tensor<Scalar>?, _ terms: [PairTerm<Scalar>]
  ) -> (loss: Variable<Scalar>, sums: [PairSums<Scalar>]) {
    let (own, sets) = ownKeys(queries, keys)
    let comparison = RowComparison(
      anchors: own.anchors, references: ContrastiveRows(negatives, floor: floor))
    // Of a queue that is held, the gradient is by the queries alone.
    let sums =
      queries.tracksGradient && !negatives.tracksGradient
      ? ContrastiveProduct.reduceWithMeans(comparison, terms) : ContrastiveProduct.reduce(comparison, terms)
    let temperature = Scalar(temperature)
    let means = AnchorMeans(
      comparison, rowSets: [own.anchors, comparison.references, own.references], referenceSet: 1,
      terms: [(terms[0], sums[0])],
      positives: CosinePositives(comparison: own, sets: sets, rowSet: 2), counts: sets.counts,
      weights: groupWeights(weights, queries.shape[0])
    ) {
      // log(exp s + exp n) - s = softplus(n - s).
      let (value, slope) = softplus($0.first - $0.cosines / temperature)
      return AnchorLoss(value: value, first: slope, cosines: -slope / temperature)
    }
    let loss = means.recorded(
      "infoNCE", [[queries], [negatives], [keys]].map { $0.map { $0.expanded(at: 0) } })
    return (loss.sum(), sums)
  }

  /// Queries with their own keys.
  private func ownKeys<Scalar>(
    _ queries: Variable<Scalar>, _ keys: Variable<Scalar>
  ) -> (RowComparison<Scalar>, PositiveSets) {
    shapePrecondition(
      queries.shape.rank == 2 && queries.shape == keys.shape,
      "queries of shape \(queries.shape) and keys of shape \(keys.shape) do not pair")
    let labels = indexLabels(queries.shape[0])
    return (
      RowComparison(
        anchors: ContrastiveRows(queries, floor: floor), references: ContrastiveRows(keys, floor: floor)),
      PositiveSets(anchorLabels: labels, referenceLabels: labels, excluding: .none)
    )
  }
}
