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
/// O(V B K) time; beside scores and codes it keeps two numbers for each image and crop. Source: Caron et al., NeurIPS 2020,
/// equations 1, 2 and 6, and its released code.
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
    let shares = RowWeights(weights, count: shape[0]).shares
    let divisor = Scalar(codes.count * (scores.count - 1))
    let crops = scores.enumerated().compactMap { crop, scores in
      PredictedCodes(scores.value, codes: codes.indices.filter { $0 != crop }.map { codes[$0] }, temperature)
        .map { (variable: scores, prediction: $0) }
    }
    let value = crops.reduce(Tensor<Scalar>(0)) { $0 + $1.prediction.loss(shares) } / divisor
    return .recorded("swAV", inputs: crops.map(\.variable), value: value) { gradient in
      crops.map { $0.prediction.gradient(shares * (gradient.item / divisor)) }
    }
  }
}

/// The cross-entropies of one crop's scores `[B, K]` with the codes of others, as a sum over these.
private struct PredictedCodes<Scalar: TensorFloatingPointScalar> {
  private let scores: Tensor<Scalar>
  private let codes: [Tensor<Scalar>]
  private let inverse: Scalar
  /// The largest score of each image, and `log sum over k of exp((s_k - largest) / T)`, `[B]`.
  private let largest, logSums: Tensor<Scalar>

  /// - Returns: `nil` where there are no codes to predict.
  init?(_ scores: Tensor<Scalar>, codes: [Tensor<Scalar>], _ temperature: Double) {
    guard !codes.isEmpty else { return nil }
    self.scores = scores
    self.codes = codes
    inverse = 1 / Scalar(temperature)
    largest = scores.max(along: 1)
    logSums = ((scores - largest.expanded(at: 1)) * inverse).exp().sum(along: 1).log()
  }

  /// `log softmax_k(s / T)`, `[B, K]`; what the scores of an image share comes off first, so that it takes no digits.
  private func logarithms() -> Tensor<Scalar> {
    var result = scores - largest.expanded(at: 1)
    result *= inverse
    result -= logSums.expanded(at: 1)
    return result
  }

  /// The sum over images of their shares times `-sum over k of q_k log softmax_k(s / T)`.
  func loss(_ shares: Tensor<Scalar>) -> Tensor<Scalar> {
    let logs = logarithms()
    let sums = codes.map { (($0 * logs).sum(along: 1) * shares).sum() }
    return -sums.dropFirst().reduce(sums[0]) { $0 + $1 }
  }

  /// By the scores: `share (softmax_k sum over j of q_j - q_k) / T`.
  func gradient(_ shares: Tensor<Scalar>) -> Tensor<Scalar> {
    let target = codes.dropFirst().reduce(codes[0]) { $0 + $1 }
    var result = logarithms().exp()
    result *= target.sum(along: 1).expanded(at: 1)
    result -= target
    result *= (shares * inverse).expanded(at: 1)
    return result
  }
}
