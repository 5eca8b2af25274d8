public import Autograd
public import Tensor

/// Barlow Twins: the cross-correlation of two views' features becomes the identity, so that features agree between views and
/// say different things. There are no negatives and no denominator.
///
///     L = sum over i of (c_ii - 1)^2 + lambda sum over i != j of c_ij^2,    c = a^T b / N
///
/// with a, b the columns of the views, each view by itself brought to mean 0 and variance 1 over its N rows (biased variance
/// plus ``epsilon``). c is `[d, d]`.
///
/// The statistics belong to the batch, so that rows have no weights. One row, and rows that are all equal, have no variance:
/// c is 0, the loss d and the gradient 0. The scale of a column leaves no trace while its variance is far above epsilon.
/// Without rows the loss is 0.
///
/// The matrix is never made where it has more rows than the batch, as in the paper's own setting (N 2048, d 8192):
/// `sum of c_ij^2 = sum of (a a^T)_nm (b b^T)_nm / N^2`. O(N d min(N, d)) time; it keeps a, b and one d x d matrix, or two of
/// N x N. Source: Zbontar et al., ICML 2021, equations 1 and 2, and its released
/// code (lambda .0051, epsilon 1e-5; the factor .024 of its first release is left out).
public struct BarlowTwinsLoss: Sendable, Hashable, Codable {
  /// lambda, the weight of the redundancy: .0051.
  public var redundancyWeight: Double
  /// Added to each variance: 1e-5.
  public var epsilon: Double

  /// A loss; the released code's without arguments.
  ///
  /// - Precondition: a weight that is not negative, a positive epsilon.
  public init(redundancyWeight: Double = 0.0051, epsilon: Double = 1e-5) {
    shapePrecondition(
      redundancyWeight >= 0 && epsilon > 0,
      "a redundancy's weight is not negative and an epsilon is positive, not \(redundancyWeight), \(epsilon)")
    self.redundancyWeight = redundancyWeight
    self.epsilon = epsilon
  }

  /// The loss of two views `[N, d]` of the same images in the same order.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>
  ) -> Variable<Scalar> {
    shapePrecondition(
      view1.shape.rank == 2 && view1.shape == view2.shape,
      "views of shapes \(view1.shape) and \(view2.shape) do not pair")
    guard view1.shape[0] > 0 else { return (view1.sum() + view2.sum()) * 0 }
    let first = StandardizedColumns(view1.value, epsilon: epsilon)
    let second = StandardizedColumns(view2.value, epsilon: epsilon)
    let correlations = CrossCorrelations(first.rows, second.rows)
    let own = correlations.own
    let (weight, count) = (Scalar(redundancyWeight), Scalar(view1.shape[0]))
    let loss = (own - 1).squared().sum() + correlations.otherSquares * weight
    return .recorded("barlowTwins", inputs: [view1, view2], value: loss) { gradient in
      let scale = gradient.item / count
      // By c: 2 lambda c off the diagonal, 2 (c - 1) on it.
      let diagonal = (own - 1) * (2 * scale)
      func slopes(_ others: consuming Tensor<Scalar>, _ rows: Tensor<Scalar>) -> Tensor<Scalar> {
        others *= 2 * weight * scale
        others.add(rows, timesColumns: diagonal)
        return others
      }
      return [
        first.gradient(slopes(correlations.secondTimesOthers(), second.rows)),
        second.gradient(slopes(correlations.firstTimesOthers(), first.rows)),
      ]
    }
  }
}

/// `c = a^T b / N` of standardised columns a, b `[N, d]`: as a matrix where it has no more rows than the batch, else by the
/// products of rows.
private struct CrossCorrelations<Scalar: TensorFloatingPointScalar> {
  private enum Form {
    /// c with zeros on the diagonal, `[d, d]`.
    case others(Tensor<Scalar>)
    /// `a a^T` and `b b^T`, `[N, N]`.
    case rowProducts(Tensor<Scalar>, Tensor<Scalar>)
  }

  /// c_ii, `[d]`.
  let own: Tensor<Scalar>
  /// The sum of c_ij^2 over i != j, `[]`.
  let otherSquares: Tensor<Scalar>
  private let first, second: Tensor<Scalar>
  private let form: Form

  init(_ first: Tensor<Scalar>, _ second: Tensor<Scalar>) {
    (self.first, self.second) = (first, second)
    let count = Scalar(first.shape[0])
    own = first.columnDots(second) / count
    if first.shape[0] < first.shape[1] {
      let products = (first.rowProducts(), second.rowProducts())
      form = .rowProducts(products.0, products.1)
      // No |c_ij| is above 1: what is left of the difference is exact to a rounding of d.
      let all = products.0.columnDots(products.1).sum() / (count * count)
      otherSquares = (all - own.squared().sum()).maximum(0)
    } else {
      var matrix = first.matmul(second, transposing: .left)
      matrix /= count
      matrix.clearDiagonal()
      form = .others(matrix)
      otherSquares = Tensor(Scalar(matrix.sumOfSquares()))
    }
  }

  /// `b c^T` without the diagonal of c, `[N, d]`.
  func secondTimesOthers() -> Tensor<Scalar> {
    switch form {
    case .others(let matrix): second.matmul(matrix, transposing: .right)
    case .rowProducts(_, let products): others(products.matmul(first), second)
    }
  }

  /// `a c` without the diagonal of c, `[N, d]`.
  func firstTimesOthers() -> Tensor<Scalar> {
    switch form {
    case .others(let matrix): first.matmul(matrix)
    case .rowProducts(let products, _): others(products.matmul(second), first)
    }
  }

  private func others(_ product: consuming Tensor<Scalar>, _ rows: Tensor<Scalar>) -> Tensor<Scalar> {
    product /= Scalar(rows.shape[0])
    product.add(rows, timesColumns: -own)
    return product
  }
}
