public import Tensor

/// The directions in which features vary most, and the coordinates of rows along them: two make a picture.
///
///     let axes = try PrincipalAxes(features)
///     axes.coordinates(of: features)          // [N, 2]
///
/// They are the eigenvectors of the covariance `1/(n - 1) sum of (x - m)(x - m)^T` with the largest eigenvalues; of the two
/// directions of an axis that in which its largest element is positive, so that two runs draw one picture. A single row, or
/// equal rows, have variance 0 in all directions: their axes are arbitrary, and all coordinates 0.
///
/// O(N d^2 + d^3) time, O(d^2) memory beside the rows, in double precision. Source: Hotelling, J. Educ. Psychol. 24, 1933.
public struct PrincipalAxes: Sendable, Hashable {
  /// The mean m of the rows, `[d]`.
  public let mean: Tensor<Double>
  /// The axes `[k, d]`: rows of length 1 at right angles, the first with the largest variance.
  public let axes: Tensor<Double>
  /// The variance along each axis, unbiased, `[k]`.
  public let variances: Tensor<Double>
  /// The variance along all d axes together.
  public let totalVariance: Double

  /// The axes of rows `[N, d]`.
  ///
  /// - Parameters:
  ///   - rows: The features.
  ///   - count: k, the number of axes: 2.
  /// - Throws: ``FeatureError``: no rows, values that are not finite, or eigenvalues that do not converge.
  /// - Precondition: `0 < count <= d`.
  public init<Scalar: TensorFloatingPointScalar>(_ rows: Tensor<Scalar>, count: Int = 2) throws(FeatureError)
  {
    shapePrecondition(rows.rank == 2, "features are rows [N, d], not \(rows.shape)")
    let (rowCount, features) = (rows.shape[0], rows.shape[1])
    shapePrecondition((1...max(features, 1)).contains(count), "\(features) features have no \(count) axes")
    guard rowCount > 0 else { throw FeatureError(.noFeatures) }
    try rows.requireFiniteFeatures()
    // Blocks, so that no copy of all rows in double precision is needed.
    let blocks = stride(from: 0, to: rowCount, by: 1024).map { $0..<min($0 + 1024, rowCount) }
    func block(_ range: Range<Int>) -> Tensor<Double> { Tensor(converting: rows[range]) }
    var mean = Tensor<Double>(zeros: [features])
    for range in blocks { mean += block(range).sum(along: 0) }
    mean /= Double(rowCount)
    var covariance = Tensor<Double>(zeros: [features, features])
    for range in blocks {
      let away = block(range) - mean
      covariance += away.matmul(away, transposing: .left)
    }
    covariance /= Double(max(rowCount - 1, 1))
    guard let (values, vectors) = LAPACK.symmetricEigenvalues(of: covariance) else {
      throw FeatureError(.noConvergence(size: features))
    }
    self.mean = mean
    axes = vectors[0..<count]
    // Rounding can leave an eigenvalue of 0 just below it.
    variances = values[0..<count].maximum(0)
    totalVariance = values.maximum(0).sum().item
  }

  /// The share of all variance along each axis, in 0...1; 0 where there is none.
  public var explainedShares: [Double] {
    variances.scalars.map { totalVariance > 0 ? $0 / totalVariance : 0 }
  }

  /// The places of rows `[N, d]` along the axes, `[N, k]`; 0 is the mean.
  public func coordinates<Scalar: TensorFloatingPointScalar>(of rows: Tensor<Scalar>) -> Tensor<Double> {
    shapePrecondition(
      rows.rank == 2 && rows.shape[1] == mean.shape[0],
      "rows of shape \(rows.shape) have no coordinates on axes of \(mean.shape[0]) features")
    return (Tensor<Double>(converting: rows) - mean).matmul(axes, transposing: .right)
  }
}
