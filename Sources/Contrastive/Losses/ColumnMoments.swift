import Tensor

// Columns of a batch about their means. Equal rows give exact zeros and columns of any scale keep their digits, because the
// first row is taken off before the mean is.

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Rows `[N, d]`, N at least 1, less the mean of each column.
  func centeredColumns() -> Tensor {
    let shifted = self - self[0]
    return shifted - shifted.mean(along: 0)
  }
}

/// Columns of mean 0 and variance 1, as batch norm without scale and shift: `a = (x - m) / sqrt(v + epsilon)` with the biased
/// variance v; and the way back for gradients: `dx = (da - mean(da) - a mean(da a)) / sqrt(v + epsilon)`.
struct StandardizedColumns<Scalar: TensorFloatingPointScalar> {
  /// `[N, d]`.
  let rows: Tensor<Scalar>
  /// `1 / sqrt(v + epsilon)`, `[d]`.
  private let scales: Tensor<Scalar>

  /// - Parameter values: `[N, d]`, N at least 1.
  init(_ values: Tensor<Scalar>, epsilon: Double) {
    let least = Scalar(epsilon.squareRoot())
    let centered = values.centeredColumns()
    // The largest element of each column is taken out, so that no square overflows.
    let sizes = centered.maximum(-centered).max(along: 0).maximum(least)
    let relative = centered / sizes
    let roots = (relative.squared().mean(along: 0) + (least / sizes).squared()).sqrt()
    rows = relative / roots
    scales = (sizes * roots).reciprocal()
  }

  func gradient(_ slopes: Tensor<Scalar>) -> Tensor<Scalar> {
    let along = (slopes * rows).mean(along: 0)
    return (slopes - slopes.mean(along: 0) - rows * along) * scales
  }
}
