public import Tensor

/// Soft codes that use all prototypes alike, by Sinkhorn and Knopp's iteration: SwAV's targets.
///
/// Of scores S `[B, K]`: `Q = exp(S / epsilon)` over its sum, then `iterations` times: the B entries of each prototype over
/// their sum and over K, the K entries of each sample over their sum and over B; at the end times B. Samples come last, so
/// the codes of a sample sum to 1, those of a prototype only nearly to `B / K`. No gradient: the codes are values.
///
/// `exp(1 / .05) = 4.9e8` never appears: exponentials are taken relative to the largest score. Where scores lie within 70
/// epsilon of one another (cosines, from an epsilon of .029 on), none of them vanishes, and a round is two products of one
/// matrix with a factor for each prototype and each sample. Else all of it is computed on logarithms, where every sum first
/// subtracts its maximum, so that none underflows to 0, however small epsilon is. O(iterations B K) time, O(B K) memory.
///
/// Sources: Caron et al., NeurIPS 2020, equation 5 and algorithm 1; Cuturi, NeurIPS 2013.
public struct Sinkhorn: Sendable, Hashable, Codable {
  /// How soft the codes are: .05 (near 0 every sample takes one prototype; .03 where training is stuck at ln K).
  public var epsilon: Double
  /// Rounds: 3.
  public var iterations: Int

  /// - Precondition: epsilon is positive, with at least one round.
  public init(epsilon: Double = 0.05, iterations: Int = 3) {
    shapePrecondition(
      epsilon > 0 && iterations >= 1,
      "codes need a positive epsilon and a round, not \(epsilon) and \(iterations)")
    self.epsilon = epsilon
    self.iterations = iterations
  }

  /// The codes `[B, K]` of scores `[B, K]`, which sum to 1 for each sample.
  ///
  /// - Parameters:
  ///   - scores: Of the batch.
  ///   - queued: Scores `[M, K]` of earlier samples that share in the partition, without codes of their own in the result.
  public func codes<Scalar: TensorFloatingPointScalar>(
    of scores: Tensor<Scalar>, queued: Tensor<Scalar>? = nil
  ) -> Tensor<Scalar> {
    shapePrecondition(scores.rank == 2, "codes are made of scores [B, K], not \(scores.shape)")
    let all = queued.map { Tensor(concatenating: [$0, scores], along: 0) } ?? scores
    guard scores.elementCount > 0 else { return scores }
    let first = all.shape[0] - scores.shape[0]
    let largest = all.max().item
    // The factors and their sums lie within e^-70 / K and e^70 max(B, K), about 1e-34 and 1e34: they are numbers of 32 bits.
    guard (largest - all.min().item) / Scalar(epsilon) <= 70 else {
      return logarithmicCodes(all).sliced(along: 0, first...)
    }
    let kernel = ((all - largest) / Scalar(epsilon)).exp()
    var samples = Tensor<Scalar>(ones: [all.shape[0], 1])
    var prototypes = samples
    // The first division by the sum cancels, and of the factors 1/K, 1/B and B the quotient is left: without it one of the
    // vectors would grow by B / K in each round, and the other fall.
    let share = Scalar(all.shape[0]) / Scalar(all.shape[1])
    for _ in 0..<iterations {
      prototypes = kernel.matmul(samples, transposing: .left).reciprocal() * share
      samples = kernel.matmul(prototypes).reciprocal()
    }
    return kernel.sliced(along: 0, first...) * samples.sliced(along: 0, first...) * prototypes.transposed()
  }

  private func logarithmicCodes<Scalar: TensorFloatingPointScalar>(_ scores: Tensor<Scalar>) -> Tensor<Scalar>
  {
    var logs = scores / Scalar(epsilon)
    for _ in 0..<iterations {
      logs -= logs.logSumExp(along: 0).expanded(at: 0)
      logs -= logs.logSumExp(along: 1).expanded(at: 1)
    }
    return logs.exp()
  }
}
