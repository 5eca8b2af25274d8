import Tensor
import TestSupport
import Testing

@Suite struct EuclideanLengthTests {
  /// 3 and 4 times any size have the length 5.
  @Test(arguments: [Float(1), 1e-3, 1e19, 1e20, 6e37, 1e-22, 1e-30]) func inFloat(_ size: Float) {
    let length = EuclideanLength.length(of: Tensor<Float>([3 * size, 0, -4 * size]))
    #expect((length / (5 * Double(size)) - 1).magnitude < 1e-6, "\(length)")
  }

  @Test(arguments: [1, 1e154, 1e300, 1e-160, 1e-300]) func inDouble(_ size: Double) {
    let length = EuclideanLength.length(of: Tensor<Double>([3 * size, 0, -4 * size]))
    #expect((length / (5 * size) - 1).magnitude < 1e-14, "\(length)")
    #expect((EuclideanLength.length(of: [3 * size, 0, -4 * size]) / (5 * size) - 1).magnitude < 1e-14)
  }

  @Test func theLengthOfFloatsMayBeBeyondFloat() {
    let length = EuclideanLength.length(of: Tensor<Float>(repeating: 3e38, shape: [100, 100]))
    #expect((length / 3e40 - 1).magnitude < 1e-6)
  }

  @Test func nothingAndZerosHaveNone() {
    #expect(EuclideanLength.length(of: Tensor<Float>(zeros: [0])) == 0)
    #expect(EuclideanLength.length(of: Tensor<Float>(zeros: [7])) == 0)
    #expect(EuclideanLength.length(of: [Double]()) == 0)
  }

  @Test func whatIsNotFiniteStays() {
    #expect(EuclideanLength.length(of: Tensor<Float>([1, .infinity, -1])) == .infinity)
    #expect(EuclideanLength.length(of: Tensor<Float>([1, .nan, 1e30])).isNaN)
    #expect(EuclideanLength.length(of: Tensor<Float>([.infinity, .nan])).isNaN)
    #expect(EuclideanLength.length(of: [1, .nan]).isNaN)
  }

  @Test func elementsThatAreNotFiniteAreCounted() {
    #expect(Tensor<Float>([1, 2]).nonFiniteElements == (0, nil))
    #expect(Tensor<Float>([]).nonFiniteElements == (0, nil))
    #expect(Tensor<Float>(rows: [[1, .nan], [.infinity, -.infinity]]).nonFiniteElements == (3, 1))
    // Finite elements whose sum is not.
    #expect(Tensor<Float>([3e38, 3e38, 1]).nonFiniteElements == (0, nil))
  }

  /// Anchors against references, as a queue: lengths that overflow leave no trace, in either type.
  @Test func productsOfAnchorsAndReferencesHaveNoScale() {
    func parts<Scalar: TensorFloatingPointScalar>(
      _ factor: Scalar
    ) -> [Tensor<Scalar>] {
      let anchors: Tensor<Scalar> = Differences.tensor([1, 3, 5], seed: 1) * factor
      let references: Tensor<Scalar> = Differences.tensor([1, 4, 5], seed: 2) * factor
      let (a, r) = (ContrastiveRows(views: [anchors]), ContrastiveRows(views: [references]))
      let positives = PositiveSets(
        anchorLabels: Tensor([0, 1, 0], shape: [1, 3]),
        referenceLabels: Tensor([0, 1, 0, 1], shape: [1, 4]),
        excluding: .reference(offset: 0))
      let lse = ContrastiveProduct.logSumExp(
        anchors: a, references: r, temperature: 0.3, excluding: .reference(offset: 0))
      let weights = Tensor<Scalar>([1, 2, 3], shape: [1, 3])
      var da = ContrastiveGradient(for: a)
      var dr: ContrastiveGradient<Scalar>? = ContrastiveGradient(for: r)
      ContrastiveProduct.addLogSumExpGradient(
        anchors: a, references: r, temperature: 0.3, excluding: .reference(offset: 0), logSumExp: lse,
        weights: weights, toAnchors: &da, toReferences: &dr)
      ContrastiveProduct.addPositiveGradient(
        anchors: a, references: r, positives, weights: weights, toAnchors: &da, toReferences: &dr)
      return [
        lse, ContrastiveProduct.positiveSums(anchors: a, references: r, positives),
        da.throughNormalization(of: a)[0] * factor,
        (dr?.throughNormalization(of: r)[0] ?? Tensor(zeros: references.shape)) * factor,
      ]
    }
    for (plain, scaled) in zip(parts(Float(1)), parts(Float(0x1p70))) {
      #expect(scaled.isClose(to: plain, absoluteTolerance: 1e-5))
    }
    for (plain, scaled) in zip(parts(Double(1)), parts(Double(0x1p700))) {
      #expect(scaled.isClose(to: plain, absoluteTolerance: 1e-12))
    }
  }
}
