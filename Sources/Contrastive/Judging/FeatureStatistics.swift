import Autograd
import Foundation
public import Tensor

/// How near the two views of an image lie: the mean over pairs of `|u_i - v_i|^alpha` of unit rows, in 0...2^alpha. Lower is
/// better; 0 for a collapsed encoder, too, so look at ``embeddingUniformity(_:concentration:)`` beside it. 0 without rows.
///
/// - Parameters:
///   - view1: Embeddings `[N, d]`.
///   - view2: Those of the other view, in the same order.
///   - exponent: alpha: 2.
/// - Precondition: shapes agree, and alpha is positive.
///
/// Source: Wang and Isola, ICML 2020.
public func embeddingAlignment<Scalar: TensorFloatingPointScalar>(
  _ view1: Tensor<Scalar>, _ view2: Tensor<Scalar>, exponent: Double = 2
) -> Double {
  Double(AlignmentUniformityLoss(exponent: exponent).alignment(Variable(view1), Variable(view2)).item)
}

/// How evenly unit embeddings `[N, d]` lie on the sphere: the logarithm of the mean over pairs of `exp(-t |u_i - u_j|^2)`, in
/// -4t...0. Lower is better; 0 where all are equal, and for fewer than two rows. O(N^2 d) time, no N x N matrix.
///
/// - Parameters:
///   - rows: One view; both views together would count a pair's nearness as well.
///   - concentration: t: 2.
/// - Precondition: rows `[N, d]`, and t is positive.
///
/// Source: Wang and Isola, ICML 2020.
public func embeddingUniformity<Scalar: TensorFloatingPointScalar>(
  _ rows: Tensor<Scalar>, concentration: Double = 2
) -> Double {
  Double(AlignmentUniformityLoss(concentration: concentration).uniformity(Variable(rows)).item)
}

/// How many directions features `[N, d]` really use: `exp(H(p))` with the entropy H of the singular values s of the matrix
/// as shares `p_k = s_k / sum of s`, in 1...min(N, d).
///
/// 1 where all rows are multiples of one, min(N, d) where all singular values are equal. It sees a dimensional collapse that
/// ``embeddingSpread(_:)`` does not. The matrix is taken as it is: a mean that all rows share is one strong direction;
/// `effectiveRank(rows - rows.mean(along: 0))` leaves it out. It does not change with the scale of the features. 0 for
/// features that are all zero or none, NaN where an element is not finite.
///
/// O(N d min(N, d)) time, and a copy in double precision. Source: Roy and Vetterli, EUSIPCO 2007, definition 1.
public func effectiveRank<Scalar: TensorFloatingPointScalar>(_ rows: Tensor<Scalar>) -> Double {
  shapePrecondition(rows.rank == 2, "features are rows [N, d], not \(rows.shape)")
  guard let values = LAPACK.singularValues(of: Tensor<Double>(converting: rows))?.scalars else { return .nan }
  let sum = values.reduce(0, +)
  guard sum > 0 else { return 0 }
  let entropy = values.reduce(0) { total, value in
    let share = value / sum
    return share > 0 ? total - share * log(share) : total
  }
  return exp(entropy)
}
