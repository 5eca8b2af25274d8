public import Autograd
public import Tensor

/// SwAV's swapped prediction: the scores of every crop predict the codes of the other large crops.
///
///     L = 1/|A| sum over a in A of 1/(V - 1) sum over v != a of mean over b of -sum over k of q^a_bk log softmax_k(S^v_b / T)
///
/// with scores `S^v` `[B, K]` of crop v against K prototypes, and codes `q^a` `[B, K]` of crop a, which are values: gradients
/// flow through the scores alone. A is the crops that have codes, the first ones; V is all crops. The denominator of each
/// softmax runs over the K prototypes. Where all embeddings are equal and the codes uniform, the loss is ln K. Scores have a
/// scale (cosines in SwAV): the loss grows with them and stays finite for 1e20. With weights w of the images the mean over b is
/// sum w_b l_b / sum w_b, and 0 where all of them are 0.
///
///     let codes = (0..<2).map { Sinkhorn().codes(of: scores[$0].value) }
///     SwAVLoss()(scores, codes: codes)
///
/// O(V B K) time and memory. Source: Caron et al., NeurIPS 2020, equations 1, 2 and 6, and its released code.
public struct SwAVLoss: Sendable, Hashable, Codable {
  /// T: .1.
  public var temperature: Double

  /// - Precondition: the temperature is positive.
  public init(temperature: Double = 0.1) {
    shapePrecondition(temperature > 0, "a temperature is positive, not \(temperature)")
    self.temperature = temperature
  }

  /// The loss of scores `[B, K]`, one for each crop, with the codes `[B, K]` of the first crops.
  ///
  /// `weights`: what each image counts in the mean, `[B]`, not negative; alike where `nil`.
  ///
  /// - Precondition: at least two crops, codes of at least one and of no more than there are, all of one shape. For B of 0
  ///   the loss is 0.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ scores: [Variable<Scalar>], codes: [Tensor<Scalar>], weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    shapePrecondition(
      scores.count >= 2 && (1...scores.count).contains(codes.count),
      "\(scores.count) crops with codes of \(codes.count): one crop predicts another's codes")
    let shape = scores[0].shape
    shapePrecondition(
      shape.rank == 2 && scores.allSatisfy { $0.shape == shape } && codes.allSatisfy { $0.shape == shape },
      "scores \(scores.map(\.shape)) and codes \(codes.map(\.shape)) are not of one shape [B, K]")
    // Shares of weighted images sum to 1; without weights the sum is divided at the end.
    let shares = weights.map { RowWeights($0, count: shape[0]).shares.expanded(at: 1) }
    let terms = Scalar(codes.count * (scores.count - 1) * (shares == nil ? max(shape[0], 1) : 1))
    var loss = Variable<Scalar>(Tensor(0))
    for (crop, scores) in scores.enumerated() {
      let others = codes.indices.filter { $0 != crop }
      guard let first = others.first else { continue }
      let sum = others.dropFirst().reduce(codes[first]) { $0 + codes[$1] }
      let target = shares.map { sum * $0 } ?? sum
      let logs = (scores / Scalar(temperature)).logSoftmax(along: 1)
      loss = loss - (logs * Variable(target)).sum()
    }
    return loss / terms
  }
}
