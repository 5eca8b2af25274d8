import Autograd
import Tensor

// Rows of length 1, as PyTorch's `normalize` makes them: x / max(|x|, 1e-12).

private let leastLength = 1e-12

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Rows `[N, d]` divided by their lengths, or by 1e-12 where they are shorter.
  func unitRows() -> Tensor { self / rowLengths().maximum(Scalar(leastLength)) }

  /// The lengths of rows, `[N, 1]`; no square overflows or vanishes, however long or short a row is.
  fileprivate func rowLengths() -> Tensor {
    guard elementCount > 0 else { return Tensor(zeros: [shape[0], 1]) }
    let size = maximum(-self).max(along: 1).maximum(.leastNormalMagnitude).expanded(at: 1)
    return (self / size).norm(along: 1).expanded(at: 1) * size
  }
}

extension Variable {
  /// Rows `[N, d]` divided by their lengths, or by 1e-12 where they are shorter.
  ///
  /// Gradient: `(g - u (u . g)) / |x|` of rows u; `g / 1e-12` of shorter rows, and 0 of zero rows, where that would throw
  /// away the weights behind them.
  func unitRows() -> Variable {
    let lengths = value.rowLengths()
    let rows = value.unitRows()
    return .recorded("unitRows", inputs: [self], value: rows) { gradient in
      let short = lengths .< Scalar(leastLength)
      let along = (rows * gradient).sum(along: 1).expanded(at: 1).replacing(with: 0, where: short)
      let slope = (gradient - rows * along) / lengths.maximum(Scalar(leastLength))
      let isRow = Tensor<Scalar>(mask: lengths .> 0)
      return [slope * isRow]
    }
  }
}
