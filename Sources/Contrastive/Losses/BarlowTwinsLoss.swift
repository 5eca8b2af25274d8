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
/// O(N d^2) time; it keeps a, b and one d x d matrix. Source: Zbontar et al., ICML 2021, equations 1 and 2, and its released
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
    let count = Scalar(view1.shape[0])
    guard count > 0 else { return (view1.sum() + view2.sum()) * 0 }
    let first = StandardizedColumns(view1.value, epsilon: epsilon)
    let second = StandardizedColumns(view2.value, epsilon: epsilon)
    var matrix = first.rows.matmul(second.rows, transposing: .left) / count
    let loss = replaceBySlopes(&matrix)
    let slopes = matrix
    return .recorded("barlowTwins", inputs: [view1, view2], value: Tensor(Scalar(loss))) { gradient in
      let scale = gradient.item / count
      return [
        first.gradient(second.rows.matmul(slopes, transposing: .right) * scale),
        second.gradient(first.rows.matmul(slopes) * scale),
      ]
    }
  }

  /// The loss of a correlation matrix, which becomes the loss's derivative by it.
  private func replaceBySlopes<Scalar: TensorFloatingPointScalar>(_ matrix: inout Tensor<Scalar>) -> Double {
    let size = matrix.shape[0]
    let weight = Scalar(redundancyWeight)
    return matrix.withUnsafeMutableBufferPointer { values in
      var (own, others) = (0.0, 0.0)
      for row in 0..<size {
        for column in 0..<size {
          let place = row * size + column
          let distance = row == column ? values[place] - 1 : values[place]
          let square = Double(distance) * Double(distance)
          if row == column { own += square } else { others += square }
          values[place] = 2 * distance * (row == column ? 1 : weight)
        }
      }
      return own + redundancyWeight * others
    }
  }
}
