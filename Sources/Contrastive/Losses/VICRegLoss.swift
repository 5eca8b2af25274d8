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
/// O(N d^2) time; it keeps the centred rows and two d x d matrices. Source: Bardes, Ponce and LeCun, ICLR 2022, equations 1
/// to 6 (as published), and its released code.
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
    let away = view1.value - view2.value
    let spreads = [view1, view2].map { FeatureSpread($0.value, epsilon: epsilon) }
    let isReleased = form == .asReleased
    let divisor = Double(count) * (isReleased ? Double(features) : 1)
    let half = isReleased ? 0.5 : 1
    let terms = Terms(
      invariance: Double(away.squared().sum().item) / divisor,
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
      let pull = away * invariance
      let own = spreads.map { $0.gradient(variance: variance, covariance: covariance) }
      return [(own[0] + pull) * gradient.item, (own[1] - pull) * gradient.item]
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
  private let centered: Tensor<Scalar>
  /// The covariances off the diagonal, on which the slopes of V stand: `-1 / sqrt(var + epsilon)`, 0 above a deviation of 1.
  private let others: Tensor<Scalar>
  private let deviationSlopes: Tensor<Scalar>

  init(_ values: Tensor<Scalar>, epsilon: Double) {
    let features = values.shape[1]
    let rows = values.centeredColumns()
    var matrix = rows.matmul(rows, transposing: .left) / Scalar(max(values.shape[0] - 1, 1))
    var (missing, square) = (0.0, 0.0)
    let slopes = Tensor<Scalar>(shape: [features]) { slopes in
      matrix.withUnsafeMutableBufferPointer { values in
        for feature in 0..<features {
          let own = feature * features + feature
          let deviation = (Double(values[own]) + epsilon).squareRoot()
          missing += max(0, 1 - deviation)
          slopes[feature] = deviation < 1 ? Scalar(-1 / deviation) : 0
          values[own] = 0
        }
        for value in values { square += Double(value) * Double(value) }
      }
    }
    missingDeviation = missing / Double(features)
    repetition = square / Double(features)
    centered = rows
    others = matrix
    deviationSlopes = slopes
  }

  /// The gradient of `variance V + covariance C` by the rows.
  func gradient(variance: Scalar, covariance: Scalar) -> Tensor<Scalar> {
    let scale = 1 / (Scalar(centered.shape[1]) * Scalar(max(centered.shape[0] - 1, 1)))
    let spread = centered * (deviationSlopes * (variance * scale))
    guard covariance > 0 else { return spread }
    return spread + centered.matmul(others) * (4 * covariance * scale)
  }
}
