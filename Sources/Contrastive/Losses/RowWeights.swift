import Tensor

/// What each of N rows counts in a mean: `w_i / sum of w`, or 1 / N without weights; 0 where all weights are 0.
struct RowWeights<Scalar: TensorFloatingPointScalar> {
  /// The shares `[N]`.
  let shares: Tensor<Scalar>

  /// - Precondition: one weight a row, finite and not negative.
  init(_ weights: Tensor<Scalar>?, count: Int) {
    guard let weights else {
      shares = Tensor(repeating: 1 / Scalar(max(count, 1)), shape: [count])
      return
    }
    shapePrecondition(
      weights.shape == [count], "weights of shape \(weights.shape) do not fit \(count) rows")
    shapePrecondition(
      weights.scalars.allSatisfy { $0 >= 0 && $0.isFinite }, "weights are finite and not negative")
    // By the largest first, so that the sum neither overflows nor vanishes.
    let largest = count > 0 ? weights.max().item : 0
    guard largest > 0 else {
      shares = Tensor(zeros: [count])
      return
    }
    let relative = weights / largest
    shares = relative / relative.sum().item
  }
}
