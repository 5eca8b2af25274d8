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
/// O(N^2 d) time; it keeps the unit rows of both views and, for a while, N x 256 similarities. Source: Wang and Isola, ICML
/// 2020, and its released code (alpha 2, t 2, a and b 1).
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
    let (first, second) = (UnitRows(view1.value, floor: floor), UnitRows(view2.value, floor: floor))
    let power = Scalar(exponent)
    let squares = (first.rows - second.rows).squared().sum(along: 1)
    let value = (squares.power(power / 2) * shares).sum()
    return .recorded("alignment", inputs: [view1, view2], value: value) { gradient in
      // d |x|^alpha = alpha |x|^(alpha - 2) x, which has no limit at 0 below alpha = 2.
      let slopes = squares.power(power / 2 - 1).replacing(with: 0, where: squares .== 0) * shares
      let away = (first.rows - second.rows) * (slopes * (power * gradient.item)).expanded(at: 1)
      return [first.gradient(away), second.gradient(-away)]
    }
  }

  /// The logarithm of the mean repulsion of all pairs of rows `[N, d]`, in -4t...0; 0 for fewer than two rows.
  public func uniformity<Scalar: TensorFloatingPointScalar>(_ rows: Variable<Scalar>) -> Variable<Scalar> {
    shapePrecondition(rows.shape.rank == 2, "embeddings are rows [N, d], not \(rows.shape)")
    guard rows.shape[0] > 1 else { return rows.sum() * 0 }
    let unit = UnitRows(rows.value, floor: floor)
    let pairs = RepellingPairs(rows: unit.rows, concentration: Scalar(concentration))
    let logSum = pairs.logSum()
    let count = Double(rows.shape[0])
    return .recorded(
      "uniformity", inputs: [rows], value: logSum - Scalar(log(count * (count - 1)))
    ) { [unit.gradient(pairs.gradient(logSum: logSum) * $0.item)] }
  }
}

/// The pairs of unit rows `[N, d]` and `exp(-t |u_i - u_j|^2)`, in blocks of rows: no N x N matrix is kept.
private struct RepellingPairs<Scalar: TensorFloatingPointScalar> {
  let rows: Tensor<Scalar>
  let concentration: Scalar

  /// Rows whose similarities are held at once.
  private static var blockLength: Int { 256 }

  private var blocks: [Range<Int>] {
    stride(from: 0, to: rows.shape[0], by: Self.blockLength).map {
      $0..<min($0 + Self.blockLength, rows.shape[0])
    }
  }

  /// `-t |u_i - u_j|^2` for the rows i of a block, minus infinity for i = j.
  private func exponents(_ block: Range<Int>, squares: Tensor<Scalar>) -> Tensor<Scalar> {
    let own = squares.sliced(along: 0, block).expanded(at: 1)
    let products = rows[block].matmul(rows, transposing: .right)
    // The distance of equal rows is 0, whatever the rounding.
    var result = (products * 2 - own - squares).minimum(0) * concentration
    let count = rows.shape[0]
    result.withUnsafeMutableBufferPointer {
      for (place, row) in block.enumerated() { $0[place * count + row] = -.infinity }
    }
    return result
  }

  private var squares: Tensor<Scalar> { rows.squared().sum(along: 1) }

  /// The logarithm of the sum over ordered pairs.
  func logSum() -> Tensor<Scalar> {
    let squares = squares
    let logs = blocks.map { exponents($0, squares: squares).logSumExp(along: 1) }
    return Tensor(concatenating: logs, along: 0).logSumExp()
  }

  /// By the rows: `-4 t sum over j of p_ij (u_i - u_j)`, with the shares p of the ordered pairs in the sum.
  func gradient(logSum: Tensor<Scalar>) -> Tensor<Scalar> {
    let squares = squares
    let parts = blocks.map { block in
      let shares = (exponents(block, squares: squares) - logSum).exp()
      return rows[block] * shares.sum(along: 1).expanded(at: 1) - shares.matmul(rows)
    }
    return Tensor(concatenating: parts, along: 0) * (-4 * concentration)
  }
}
