public import Autograd
import Foundation
public import Tensor

/// Alignment and uniformity: the two views of an image meet, and the rows of each view spread over the sphere.
///
///     L = a mean over i of |u_i - v_i|^alpha + b (U(u) + U(v)) / 2
///     U(u) = log mean over pairs i < j of exp(-t |u_i - u_j|^2)
///
/// with unit rows u, v of the views. Each view is spread by itself: the mean runs over its N (N - 1) / 2 pairs, no pair of
/// both views is in it. Lower is better in both terms.
///
/// Rows are always normalised: without that, U falls to minus infinity with their length. U is at most 0, where all rows are
/// equal; then it has no gradient. A view of fewer than two rows has no pair, and U is 0; without rows the loss is 0. For
/// alpha below 2 pairs of equal rows have no gradient.
///
/// A row of zeros has no gradient. In U it has the cosine 0 with all others, as in the contrastive losses: its |u_i - u_j|^2 is
/// 2 there. The alignment takes the difference itself, which is 1 to a row with a length and 0 to another row of zeros.
///
/// O(N^2 d) time, O(N d) memory: no N x N matrix is stored. Source: Wang and Isola, ICML 2020, and its released code (alpha 2,
/// t 2, a and b 1).
public struct AlignmentUniformityLoss: Sendable, Hashable, Codable {
  /// alpha, the power of a pair's distance: 2.
  public var exponent: Double
  /// t, how fast a repulsion fades with the squared distance: 2.
  public var concentration: Double
  /// a: 1.
  public var alignmentWeight: Double
  /// b: 1.
  public var uniformityWeight: Double
  /// The least length that rows are divided by: 1e-12, as PyTorch's `normalize`.
  public var floor: CosineFloor

  /// A loss; the released code's without arguments.
  ///
  /// - Precondition: exponent and concentration are positive, no weight is negative.
  public init(
    exponent: Double = 2, concentration: Double = 2, alignmentWeight: Double = 1,
    uniformityWeight: Double = 1,
    floor: CosineFloor = .normalize
  ) {
    shapePrecondition(
      exponent > 0 && concentration > 0 && alignmentWeight >= 0 && uniformityWeight >= 0,
      "alpha and t are positive and weights are not negative, not \(exponent), \(concentration), "
        + "\(alignmentWeight), \(uniformityWeight)")
    self.exponent = exponent
    self.concentration = concentration
    self.alignmentWeight = alignmentWeight
    self.uniformityWeight = uniformityWeight
    self.floor = floor
  }

  /// The loss of two views `[N, d]` of the same images in the same order.
  ///
  /// - Parameters:
  ///   - weights: What each pair counts in the alignment, `[N]`, not negative; alike where `nil`. Uniformity has none.
  ///   - view1: The first view.
  ///   - view2: The second view.
  public func callAsFunction<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    let spread = (uniformity(view1) + uniformity(view2)) * 0.5
    return alignment(view1, view2, weights: weights) * Scalar(alignmentWeight) + spread
      * Scalar(uniformityWeight)
  }

  /// The mean power of the distance of positive pairs, in 0...2^alpha; 0 without rows.
  public func alignment<Scalar: TensorFloatingPointScalar>(
    _ view1: Variable<Scalar>, _ view2: Variable<Scalar>, weights: Tensor<Scalar>? = nil
  ) -> Variable<Scalar> {
    shapePrecondition(
      view1.shape.rank == 2 && view1.shape == view2.shape,
      "views of shapes \(view1.shape) and \(view2.shape) do not pair")
    let shares = RowWeights(weights, count: view1.shape[0]).shares
    let pairs = UnitRowPairs(view1.value, view2.value, floor: floor, cost: .squaredDistance)
    let (squares, half) = (pairs.costs(), Scalar(exponent / 2))
    let value = (squares.power(half) * shares).sum()
    return .recorded("alignment", inputs: [view1, view2], value: value) { gradient in
      // d |x|^alpha = alpha |x|^(alpha - 2) x, which has no limit at 0 below alpha = 2.
      let slopes = squares.power(half - 1).replacing(with: 0, where: squares .== 0) * shares
      let scaled = slopes * (half * gradient.item)
      return [pairs.gradient(scaled, by: .first), pairs.gradient(scaled, by: .second)]
    }
  }

  /// The logarithm of the mean repulsion of all pairs of rows `[N, d]`, in -4t...0; 0 for fewer than two rows.
  public func uniformity<Scalar: TensorFloatingPointScalar>(_ rows: Variable<Scalar>) -> Variable<Scalar> {
    let unit = ContrastiveRows(rows, floor: floor)
    guard unit.rowCount > 1 else { return rows.sum() * 0 }
    // |u_i - u_j|^2 = 2 - 2 cos: the sum over pairs is that of a contrastive loss of temperature 1 / 2t, times exp(-2t).
    let (comparison, t) = (RowComparison(unit), Scalar(concentration))
    let repulsion = PairTerm<Scalar>(.logSumExp, temperature: 1 / (2 * t))
    let sums = ContrastiveProduct.reduce(comparison, [repulsion])[0].values
    let logSum = sums.logSumExp()
    let count = Double(unit.rowCount)
    let value = logSum - (2 * t + Scalar(log(count * (count - 1))))
    return .recorded("uniformity", inputs: [rows], value: value) { outer in
      let shares = (sums - logSum).exp() * outer.item
      var gradient = ContrastiveGradient(for: unit)
      ContrastiveProduct.addGradient(
        comparison, [WeightedTerm(repulsion, values: sums, weights: shares)], to: &gradient)
      return [gradient.throughNormalization(of: unit)[0][0]]
    }
  }
}
