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
