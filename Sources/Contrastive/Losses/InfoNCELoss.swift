public import Autograd
public import Tensor

/// InfoNCE: query i attracts key i. The denominator holds key i and the negatives:
/// `L = -1/N sum over i of [ s_ii - log(exp(s_ii) + sum over negatives k of exp(s_ik)) ]` with `s_ij = cos(q_i, k_j) / T`.
///
/// The negatives are either the other keys of the batch (queries alone are anchors, so the loss is not symmetric), or
/// rows given apart, such as MoCo's queue; then the other keys do not count. Holds the N x M similarities.
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
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    queries: Variable<Scalar>, keys: Variable<Scalar>
  ) -> Variable<Scalar> {
    shapePrecondition(
      queries.shape.rank == 2 && queries.shape == keys.shape,
      "queries of shape \(queries.shape) and keys of shape \(keys.shape) do not pair")
    let count = queries.shape[0]
    let own = Tensor<Bool>(
      (0..<count * count).map { $0 / max(count, 1) == $0 % max(count, 1) }, shape: [count, count])
    return maskedContrastiveLoss(
      anchors: queries, references: keys, positives: own, excluded: .none,
      scale: .init(temperature, base: nil), floor: floor)
  }

  /// The loss of queries `[N, d]` and keys `[N, d]` with negatives `[M, d]`.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    queries: Variable<Scalar>, keys: Variable<Scalar>, negatives: Variable<Scalar>
  ) -> Variable<Scalar> {
    shapePrecondition(
      queries.shape.rank == 2 && queries.shape == keys.shape && negatives.shape.rank == 2
        && negatives.shape[1] == queries.shape[1],
      "queries \(queries.shape), keys \(keys.shape) and negatives \(negatives.shape) do not fit")
    let query = UnitRows(queries.value, floor: floor)
    let key = UnitRows(keys.value, floor: floor)
    let negative = UnitRows(negatives.value, floor: floor)
    let temperature = Scalar(temperature)
    let own = (query.rows * key.rows).sum(along: 1).expanded(at: 1)
    let logits =
      Tensor(
        concatenating: [own, query.rows.matmul(negative.rows, transposing: .right)], along: 1) / temperature
    let logProbabilities = logits.logSoftmax(along: 1)
    let ownColumn = logProbabilities.sliced(along: 1, 0..<1)
    let count = Scalar(max(queries.shape[0], 1))
    return .recorded(
      "infoNCE", inputs: [queries, keys, negatives], value: -ownColumn.sum() / count
    ) { gradient in
      var slopes = logProbabilities.exp()
      let columns = slopes.shape[1]
      slopes.withUnsafeMutableBufferPointer { buffer in
        for row in 0..<buffer.count / columns { buffer[row * columns] -= 1 }
      }
      slopes *= gradient.item / (count * temperature)
      let first = slopes.sliced(along: 1, 0..<1)
      let rest = slopes.sliced(along: 1, 1...)
      return [
        query.gradient(key.rows * first + rest.matmul(negative.rows)), key.gradient(query.rows * first),
        negative.gradient(rest.matmul(query.rows, transposing: .left)),
      ]
    }
  }
}
