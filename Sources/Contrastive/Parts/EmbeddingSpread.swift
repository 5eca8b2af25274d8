public import NN
public import Tensor

/// How far unit embeddings `[N, d]` are spread: the mean over the features of their standard deviation (N - 1), times the
/// root of d. About 1 when they point everywhere, 0 when all of them are equal; 0 for fewer than two rows.
///
/// The loss of a method alone does not show that its embeddings have collapsed; this does. Source: Chen and He, CVPR 2021
/// (SimSiam), section 4.1.
public func embeddingSpread<Scalar: TensorFloatingPointScalar>(_ rows: Tensor<Scalar>) -> Double {
  shapePrecondition(rows.rank == 2, "embeddings are rows [N, d], not \(rows.shape)")
  guard rows.shape[0] > 1, rows.shape[1] > 0 else { return 0 }
  let deviations = rows.unitRows().standardDeviation(along: 0)
  return Double(deviations.mean().item) * Double(rows.shape[1]).squareRoot()
}

/// The same of the rows of all ranks, of which this one has `[N, d]`; two sums for each feature are all that travels.
public func embeddingSpread<Scalar: TensorFloatingPointScalar>(_ rows: Tensor<Scalar>, across ranks: Ranks)
  -> Double
{
  guard ranks.count > 1 else { return embeddingSpread(rows) }
  shapePrecondition(rows.rank == 2, "embeddings are rows [N, d], not \(rows.shape)")
  let unit = Tensor<Double>(converting: rows.unitRows())
  let sums = ranks.sum(
    Tensor(concatenating: [unit.sum(along: 0), (unit * unit).sum(along: 0)], along: 0).scalars
      + [Double(rows.shape[0])])
  let (features, count) = (rows.shape[1], sums[sums.count - 1])
  guard count > 1, features > 0 else { return 0 }
  let deviations = (0..<features).map { feature in
    let mean = sums[feature] / count
    return max((sums[features + feature] - count * mean * mean) / (count - 1), 0).squareRoot()
  }
  return deviations.reduce(0, +) / Double(features) * Double(features).squareRoot()
}
