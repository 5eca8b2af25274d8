public import Autograd
public import Tensor

/// VICReg: two views agree (invariance), every feature keeps a deviation of at least 1 (variance), and features do not repeat
/// one another (covariance). Rows are not normalised, there are no negatives and no denominator.
///
///     asReleased    L = i |x - y|^2 / (N d) + v (V(x) + V(y)) / 2 + c (C(x) + C(y))
///     asPublished   L = i |x - y|^2 / N     + v (V(x) + V(y))     + c (C(x) + C(y))
///
///     V(x) = mean over features j of max(0, 1 - sqrt(var_j + epsilon))
///     C(x) = 1/d sum over j != k of cov_jk^2
///
/// with the unbiased variance and covariance of each view by itself. The weights i, v, c are the same in both forms, so that
/// they mean different things.
///
/// The statistics belong to the batch, so that rows have no weights. One row, and rows that are all equal, have no variance:
/// V is `1 - sqrt(epsilon)` and C is 0, both without gradient. The loss has a scale: covariances are squared, so that rows
/// beyond the fourth root of the largest number (about 1e9 in 32 bits) cost infinity. Without rows the loss is 0.
///
/// The covariances are never made where rows have at least twice as many features as the batch has rows and the variances are
/// the lesser part of `sum of cov_jk^2 = sum of (x x^T)_nm^2 / (N - 1)^2` (x centred): the rest of the difference is exact to a
/// few roundings then. That takes O(N^2 d) time and keeps an N x N matrix for each view; all else takes O(N d^2) and keeps one
/// of d x d. Source: Bardes, Ponce and LeCun, ICLR 2022, equations 1 to 6 (as published), and its released code.
public struct VICRegLoss: Sendable, Hashable, Codable {
  /// Which of the two formulas it is.
  public enum Form: String, Sendable, Hashable, Codable {
    /// The code's: the mean over all elements, and the mean of both variance terms.
    case asReleased
    /// The paper's: the squared length of each difference, and the sum of both variance terms.
    case asPublished
  }

  /// The formula: the released code's.
  public var form: Form
  /// i, the weight of the invariance: 25.
  public var invarianceWeight: Double
  /// v, the weight of the variance: 25.
  public var varianceWeight: Double
  /// c, the weight of the covariance: 1.
  public var covarianceWeight: Double
  /// Added to each variance under the root: 1e-4.
  public var epsilon: Double

  /// A loss; the released code's without arguments.
  ///
  /// - Precondition: no weight is negative, and epsilon is positive.
  public init(
    _ form: Form = .asReleased, invarianceWeight: Double = 25, varianceWeight: Double = 25,
    covarianceWeight: Double = 1, epsilon: Double = 1e-4
  ) {
    let weights = [invarianceWeight, varianceWeight, covarianceWeight]
    shapePrecondition(
      weights.allSatisfy { $0 >= 0 } && epsilon > 0,
      "weights are not negative and an epsilon is positive, not \(weights), \(epsilon)")
    self.form = form
    self.invarianceWeight = invarianceWeight
    self.varianceWeight = varianceWeight
    self.covarianceWeight = covarianceWeight
    self.epsilon = epsilon
  }

  /// The three terms as the form adds them, before their weights.
  public struct Terms: Sendable, Hashable {
    /// How far the views are apart.
    public let invariance: Double
    /// How much deviation is missing: 0 when every feature has 1.
    public let variance: Double
    /// How much features repeat one another.
    public let covariance: Double
  }

  /// The loss of two views `[N, d]` of the same images in the same order.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>
  ) -> Variable<Scalar> { evaluate(view1, view2).loss }

  /// The loss with its terms, for logs: a variance term near `1 - sqrt(epsilon)` is collapse.
  public func evaluate<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>
  ) -> (loss: Variable<Scalar>, terms: Terms) {
    shapePrecondition(
      view1.shape.rank == 2 && view1.shape == view2.shape,
      "views of shapes \(view1.shape) and \(view2.shape) do not pair")
    let (count, features) = (view1.shape[0], view1.shape[1])
    guard count > 0, features > 0 else {
      return ((view1.sum() + view2.sum()) * 0, Terms(invariance: 0, variance: 0, covariance: 0))
    }
    let (first, second) = (view1.value, view2.value)
    let spreads = [first, second].map { FeatureSpread($0, epsilon: epsilon) }
    let isReleased = form == .asReleased
    let divisor = Double(count) * (isReleased ? Double(features) : 1)
    let half = isReleased ? 0.5 : 1
    let terms = Terms(
      invariance: Double((first - second).squared().sum().item) / divisor,
      variance: half * spreads.reduce(0) { $0 + $1.missingDeviation },
      covariance: spreads.reduce(0) { $0 + $1.repetition })
    let loss =
      weighted(terms.invariance, invarianceWeight) + weighted(terms.variance, varianceWeight)
      + weighted(terms.covariance, covarianceWeight)
    let (invariance, variance, covariance) = (
      Scalar(2 * invarianceWeight / divisor), Scalar(varianceWeight * half), Scalar(covarianceWeight)
    )
    let result = Variable.recorded("vicReg", inputs: [view1, view2], value: Tensor(Scalar(loss))) {
      gradient in
      var own = spreads.map { $0.gradient(variance: variance, covariance: covariance) }
      let pull = (first - second) * invariance
      own[0] += pull
      own[1] -= pull
      for view in own.indices { own[view] *= gradient.item }
      return own
    }
    return (result, terms)
  }

  /// A term that does not count is 0, even where it is infinite.
  private func weighted(_ term: Double, _ weight: Double) -> Double { weight == 0 ? 0 : weight * term }
}

/// The variance and covariance terms of one view `[N, d]`, and their gradient.
private struct FeatureSpread<Scalar: TensorFloatingPointScalar> {
  /// V.
  let missingDeviation: Double
  /// C.
  let repetition: Double
  private let values: Tensor<Scalar>
  private let form: Form
  private let variances: Tensor<Scalar>
  /// `-1 / sqrt(var + epsilon)`, 0 above a deviation of 1, `[d]`.
  private let deviationSlopes: Tensor<Scalar>

  private enum Form {
    /// The covariances with zeros on the diagonal, `[d, d]`.
    case others(Tensor<Scalar>)
    /// The products of centred rows, `[N, N]`.
    case rowProducts(Tensor<Scalar>)
  }

  init(_ values: Tensor<Scalar>, epsilon: Double) {
    let rows = values.centeredColumns()
    let divisor = Scalar(max(rows.shape[0] - 1, 1))
    let variances = rows.columnDots(rows) / divisor
    let features = Double(rows.shape[1])
    var missing = 0.0
    deviationSlopes = Tensor(
      variances.scalars.map { variance -> Scalar in
        let deviation = (Double(variance) + epsilon).squareRoot()
        // So that NaN counts: it is not at least 1.
        guard !(deviation >= 1) else { return 0 }
        missing += 1 - deviation
        return Scalar(-1 / deviation)
      })
    missingDeviation = missing / features
    (self.values, self.variances) = (values, variances)
    if 2 * rows.shape[0] <= rows.shape[1] {
      let products = rows.rowProducts()
      let all = products.sumOfSquares() / Double(divisor * divisor)
      let own = variances.sumOfSquares()
      if all.isFinite, all - own >= all / 2 {
        form = .rowProducts(products)
        repetition = (all - own) / features
        return
      }
    }
    var covariances = rows.columnProducts()
    covariances /= divisor
    covariances.clearDiagonal()
    form = .others(covariances)
    repetition = covariances.sumOfSquares() / features
  }

  /// The gradient of `variance V + covariance C` by the rows.
  func gradient(variance: Scalar, covariance: Scalar) -> Tensor<Scalar> {
    let divisor = Scalar(max(values.shape[0] - 1, 1))
    let scale = 1 / (Scalar(values.shape[1]) * divisor)
    let rows = values.centeredColumns()
    var slopes = deviationSlopes * (variance * scale)
    guard covariance > 0 else { return rows * slopes }
    let factor = 4 * covariance * scale
    var result: Tensor<Scalar>
    switch form {
    case .others(let covariances): result = rows.matmul(covariances)
    case .rowProducts(let products):
      result = products.matmul(rows)
      result /= divisor
      slopes -= variances * factor
    }
    result *= factor
    result.add(rows, timesColumns: slopes)
    return result
  }
}
