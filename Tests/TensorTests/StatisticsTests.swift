import Tensor
import Testing

@Suite struct StatisticsTests {
  private let x = Tensor<Double>(rows: [[1, 2, 3, 4], [2, 2, 2, 2]])

  @Test func byHand() {
    #expect(x.mean() == Tensor(2.25))
    #expect(x.mean(along: 0) == Tensor([1.5, 2, 2.5, 3]))
    #expect(x.mean(along: [0, 1]) == Tensor(2.25))
    #expect(x.variance(along: 1, correction: 0) == Tensor([1.25, 0]))
    #expect(x.variance(along: 1) == Tensor([5 / 3.0, 0]))
    #expect(x.variance(along: [1]).shape == [2])
    #expect(x.standardDeviation(along: 1, correction: 0) == Tensor([(1.25).squareRoot(), 0]))
    #expect(Tensor<Double>([1, 3]).variance() == Tensor(2))
    #expect(Tensor<Double>([1, 3]).standardDeviation() == Tensor((2.0).squareRoot()))
    #expect(Tensor<Double>([3, 4]).norm() == Tensor(5))
    #expect(Tensor<Double>(rows: [[3, 0], [4, 2]]).norm(along: 0) == Tensor([5, 2]))
    #expect(
      Tensor<Double>([0, 0]).logSumExp().isClose(to: Tensor(0.6931471805599453), absoluteTolerance: 1e-15))
  }

  @Test func noOrOneElement() {
    #expect(Tensor<Double>(zeros: [0]).mean().item.isNaN)
    #expect(Tensor<Double>([3]).variance().item.isNaN)
    #expect(Tensor<Double>([3]).variance(correction: 0).item == 0)
    #expect(Tensor<Double>(zeros: [0]).norm().item == 0)
    #expect(Tensor<Double>(zeros: [0]).logSumExp().item == -.infinity)
    #expect(Tensor<Double>(zeros: [2, 0]).logSumExp(along: 1) == Tensor([-.infinity, -.infinity]))
    #expect(Tensor<Double>([3]).logSumExp().item == 3)
  }

  @Test func logSumExpAtTheEnds() {
    #expect(Tensor<Float>([1000, 1000]).logSumExp().item == Float(1000.6931471805599))
    #expect(Tensor<Float>([-1000, -1000]).logSumExp().item == Float(-999.3068528194401))
    #expect(Tensor<Float>([-.infinity, -.infinity]).logSumExp().item == -.infinity)
    #expect(Tensor<Float>([-.infinity, 2]).logSumExp().item == 2)
    #expect(Tensor<Float>([.infinity, 2]).logSumExp().item == .infinity)
    #expect(Tensor<Float>([.nan, 2]).logSumExp().item.isNaN)
    #expect(Tensor<Float>([1, 2, .infinity, -1]).reshaped(2, 2).logSumExp(along: 1).scalars[1] == .infinity)
  }

  @Test func aLargeMeanCostsNoDigits() {
    let shifted = Tensor<Float>([1_000_000, 1_000_001, 1_000_002])
    #expect(shifted.variance() == Tensor(1))
    #expect(Tensor<Float>(repeating: 0.1, shape: [10_000]).standardDeviation().item < 1e-7)
  }

  /// Moving and scaling: var(a x + b) = a^2 var(x), logSumExp(x + b) = logSumExp(x) + b.
  @Test(arguments: [[7], [3, 5], [4, 3, 9]] as [TensorShape]) func scaling(_ shape: TensorShape) {
    var generator = PhiloxGenerator(seed: 2)
    let x = Tensor<Double>(normalWithMean: 1, standardDeviation: 2, shape: shape, using: &generator)
    for axis in 0..<shape.rank {
      #expect(
        (x * 3 + 5).variance(along: axis).isClose(to: x.variance(along: axis) * 9, absoluteTolerance: 1e-12))
      #expect(
        (x + 5).logSumExp(along: axis).isClose(to: x.logSumExp(along: axis) + 5, absoluteTolerance: 1e-12))
      #expect((x * -2).norm(along: axis).isClose(to: x.norm(along: axis) * 2, absoluteTolerance: 1e-12))
    }
  }
}
