import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct FeatureStatisticsTests {
  /// The unit rows 0..<8 of `methodRows`: n - 1 below the root.
  @Test func theSpreadIsTheReference() {
    expectClose(embeddingSpread(methodRows(0..<8, as: Double.self)), 1.0471585821172567, Double.self)
    expectClose(embeddingSpread(methodRows(0..<8, as: Float.self)), 1.0471585821172567, Float.self)
  }

  /// Rows with known singular values: `U diag(s) V^T` with rotations U and V.
  private func matrix(_ singularValues: [Double], rows: Int, columns: Int) -> Tensor<Double> {
    func rotation(_ size: Int, _ seed: UInt64) -> Tensor<Double> {
      // Householder reflections of two random vectors.
      var result = Tensor<Double>(identity: size)
      for seed in [seed, seed + 1] {
        let v = testRows([1, size], seed: seed)
        let reflection =
          Tensor<Double>(identity: size) - v.matmul(v, transposing: .left) * (2 / v.squared().sum().item)
        result = result.matmul(reflection)
      }
      return result
    }
    var core = Tensor<Double>(zeros: [rows, columns])
    core.withUnsafeMutableBufferPointer { buffer in
      for (index, value) in singularValues.enumerated() { buffer[index * columns + index] = value }
    }
    return rotation(rows, 11).matmul(core).matmul(rotation(columns, 21))
  }

  private static let ranks: [([Double], Double)] = [
    ([1, 1, 1], 3), ([5, 0, 0], 1), ([2, 2, 0], 2), ([2, 1, 1], Double(8).squareRoot()),
    ([3, 1, 0], pow(4 / 3.0, 0.75) * pow(4, 0.25)),
  ]

  /// exp(-sum of p log p) with p = s / sum of s, by hand.
  @Test(arguments: ranks)
  func theEffectiveRankIsTheEntropyOfTheSingularValues(_ values: [Double], _ expected: Double) {
    for (rows, columns) in [(3, 3), (7, 3), (3, 8), (40, 5)] {
      let features = matrix(values, rows: rows, columns: columns)
      #expect(abs(effectiveRank(features) - expected) < 1e-9, "\(rows) x \(columns)")
      #expect(abs(effectiveRank(features * 1e20) - expected) < 1e-9, "\(rows) x \(columns), large")
      #expect(abs(effectiveRank(features * 1e-20) - expected) < 1e-9, "\(rows) x \(columns), small")
      let narrow = effectiveRank(Tensor<Float>(converting: features))
      #expect(abs(narrow - expected) < 1e-4 * expected, "\(rows) x \(columns) in Float: \(narrow)")
    }
  }

  @Test func theEffectiveRankAtItsEdges() {
    #expect(effectiveRank(Tensor<Double>(zeros: [4, 3])) == 0)
    #expect(effectiveRank(Tensor<Double>(zeros: [0, 3])) == 0)
    #expect(abs(effectiveRank(Tensor<Double>(ones: [4, 3])) - 1) < 1e-12)
    #expect(abs(effectiveRank(testRows([1, 5])) - 1) < 1e-12)
    #expect(effectiveRank(Tensor<Float>(rows: [[1, .nan], [0, 1]])).isNaN)
    #expect(effectiveRank(Tensor<Float>(rows: [[1, .infinity], [0, 1]])).isNaN)
    // A shared mean is one strong direction.
    let rows = testRows([50, 4])
    #expect(effectiveRank(rows + 100) < 1.2)
    #expect(
      abs(effectiveRank(rows + 100 - (rows + 100).mean(along: 0)) - effectiveRank(rows - rows.mean(along: 0)))
        < 1e-9)
  }

  /// A collapse to one plane keeps half of the spread, but not the rank.
  @Test func aDimensionalCollapseIsSeen() {
    let full = testRows([200, 16])
    let plane = testRows([200, 2]).matmul(testRows([2, 16], seed: 9))
    #expect(embeddingSpread(plane) > 0.7)
    #expect(effectiveRank(plane) < 2.01 && effectiveRank(full) > 14)
  }
}

@Suite struct PrincipalAxesTests {
  /// Points along (3, 4) / 5 with a little beside it: the axes are known.
  @Test func axesAreThoseOfTheCovariance() throws {
    let places: [(Double, Double)] = [(-2, 0.1), (-1, -0.1), (0, 0), (1, -0.1), (2, 0.1)]
    let rows = Tensor<Double>(
      rows: places.map { [7 + 0.6 * $0.0 - 0.8 * $0.1, -3 + 0.8 * $0.0 + 0.6 * $0.1] })
    let axes = try PrincipalAxes(rows)
    // Variances: (4 + 1 + 0 + 1 + 4) / 4 and .04 / 4, uncorrelated.
    for (own, expected) in zip(axes.variances.scalars, [2.5, 0.01]) { #expect(abs(own - expected) < 1e-12) }
    for (own, expected) in zip(axes.axes.scalars, [0.6, 0.8, 0.8, -0.6]) {
      #expect(abs(own - expected) < 1e-12)
    }
    for (own, expected) in zip(axes.mean.scalars, [7.0, -3.0]) { #expect(abs(own - expected) < 1e-12) }
    #expect(abs(axes.totalVariance - 2.51) < 1e-12)
    #expect(abs(axes.explainedShares[0] - 2.5 / 2.51) < 1e-12)
    let coordinates = axes.coordinates(of: rows)
    for (index, place) in places.enumerated() {
      #expect(abs(coordinates[index][0].item - place.0) < 1e-12)
      #expect(abs(coordinates[index][1].item + place.1) < 1e-12, "the second axis points the other way")
    }
  }

  /// More rows than a block, more features than axes: the properties that define them.
  @Test func axesAreOrthogonalAndCoordinatesUncorrelated() throws {
    let mixing = testRows([6, 6], seed: 9)
    let rows = testRows([2500, 6]).matmul(mixing) + 5
    let axes = try PrincipalAxes(rows, count: 4)
    let gram = axes.axes.matmul(axes.axes, transposing: .right)
    #expect(gram.isClose(to: Tensor(identity: 4), absoluteTolerance: 1e-12))
    let coordinates = axes.coordinates(of: rows)
    let covariance = coordinates.matmul(coordinates, transposing: .left) / 2499
    for i in 0..<4 {
      for j in 0..<4 {
        let expected = i == j ? axes.variances[i].item : 0
        #expect(abs(covariance[i][j].item - expected) < 1e-9 * axes.totalVariance)
      }
      #expect(i == 0 || axes.variances[i].item <= axes.variances[i - 1].item)
    }
    #expect(abs(axes.totalVariance - rows.variance(along: 0).sum().item) < 1e-9 * axes.totalVariance)
    // Their direction is fixed.
    for i in 0..<4 {
      let axis = axes.axes[i].scalars
      #expect(axis.max { abs($0) < abs($1) } ?? 0 > 0)
    }
    let narrow = try PrincipalAxes(Tensor<Float>(converting: rows), count: 4)
    #expect(narrow.axes.isClose(to: axes.axes, absoluteTolerance: 1e-3))
  }

  @Test func rowsWithoutVarianceStayAtZero() throws {
    for rows in [Tensor<Double>(ones: [5, 3]), testRows([1, 3])] {
      let axes = try PrincipalAxes(rows)
      #expect(axes.coordinates(of: rows).euclideanNorm < 1e-12)
      #expect(axes.variances.scalars == [0, 0] && axes.explainedShares == [0, 0])
    }
  }

  @Test func badFeaturesAreRefused() {
    #expect(throws: FeatureError(.noFeatures)) { try PrincipalAxes(Tensor<Double>(zeros: [0, 3])) }
    #expect(throws: FeatureError(.featuresAreNotFinite(count: 2))) {
      try PrincipalAxes(Tensor<Float>(rows: [[.nan, 1], [0, .infinity]]))
    }
  }
}
