import Tensor
import Testing

@Suite struct SoftmaxTests {
  @Test func byHand() {
    let x = Tensor<Double>([0, 2.0.logarithm, 4.0.logarithm])
    #expect(x.softmax(along: 0).isClose(to: Tensor([1 / 7.0, 2 / 7.0, 4 / 7.0]), absoluteTolerance: 1e-15))
    #expect(
      Tensor<Double>([3, 3]).logSoftmax(along: 0).isClose(
        to: Tensor([-0.6931471805599453, -0.6931471805599453]), absoluteTolerance: 1e-15))
    #expect(Tensor<Float>(rows: [[5], [6]]).softmax(along: 1) == Tensor(rows: [[1], [1]]))
    #expect(Tensor<Float>(zeros: [2, 0]).softmax(along: 1).shape == [2, 0])
    #expect(Tensor<Float>(zeros: [0, 2]).logSoftmax(along: 1).shape == [0, 2])
  }

  @Test(
    arguments: [([4, 7], 1), ([4, 7], 0), ([3, 5, 2], 1), ([1, 33], -1), ([200, 10], 1), ([9, 65], 1)]
      as [(TensorShape, Int)])
  func rowsAddUpToOne(_ shape: TensorShape, _ axis: Int) {
    var generator = PhiloxGenerator(seed: 6)
    let exact = Tensor<Double>(normalWithMean: 0, standardDeviation: 10, shape: shape, using: &generator)
    let x = Tensor<Float>(converting: exact)
    let result = x.softmax(along: axis)
    let sums = result.sum(along: axis)
    #expect(sums.isClose(to: Tensor(ones: sums.shape), absoluteTolerance: 1e-6))
    #expect(
      Tensor<Double>(converting: result).isClose(
        to: Tensor<Double>(converting: x).softmax(along: axis), absoluteTolerance: 1e-30,
        relativeTolerance: 5e-6))
    #expect(
      Tensor<Double>(converting: x.logSoftmax(along: axis)).isClose(
        to: Tensor<Double>(converting: x).logSoftmax(along: axis), absoluteTolerance: 1e-6,
        relativeTolerance: 1e-6))
    #expect((x + 8).softmax(along: axis).isClose(to: result, absoluteTolerance: 1e-6))
  }

  @Test func extremeLogits() {
    let x = Tensor<Float>([1e30, 0, -1e30, -.infinity])
    #expect(x.softmax(along: 0) == Tensor([1, 0, 0, 0]))
    #expect(x.logSoftmax(along: 0) == Tensor([0, -1e30, -2e30, -.infinity]))
    #expect(Tensor<Float>([.infinity, 0]).softmax(along: 0).scalars[0].isNaN)
    #expect(Tensor<Float>([.nan, 0]).softmax(along: 0).isNaN().all())
    #expect(Tensor<Float>([-.infinity, -.infinity]).softmax(along: 0).isNaN().all())
  }
}

extension Double {
  fileprivate var logarithm: Double { Tensor<Double>(self).log().item }
}
