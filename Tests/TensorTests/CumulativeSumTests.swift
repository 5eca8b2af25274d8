import Tensor
import Testing

@Suite struct CumulativeSumTests {
  @Test func byHand() {
    let x = Tensor<Int32>(rows: [[1, 2, 3], [4, 5, 6]])
    #expect(x.cumulativeSum(along: 1) == Tensor(rows: [[1, 3, 6], [4, 9, 15]]))
    #expect(x.cumulativeSum(along: 0) == Tensor(rows: [[1, 2, 3], [5, 7, 9]]))
    #expect(x.cumulativeSum(along: -1, direction: .backward) == Tensor(rows: [[6, 5, 3], [15, 11, 6]]))
    #expect(x.cumulativeSum(along: 0, direction: .backward) == Tensor(rows: [[5, 7, 9], [4, 5, 6]]))
  }

  @Test func theLastElementIsTheSum() {
    var generator = PhiloxGenerator(seed: 9)
    let x = Tensor<Double>(uniform: -1..<1, shape: [5, 7, 3], using: &generator)
    for axis in 0..<3 {
      let last = x.cumulativeSum(along: axis).selected(along: axis, at: x.shape[axis] - 1)
      #expect(last.isClose(to: x.sum(along: axis), absoluteTolerance: 1e-14))
    }
  }

  @Test func emptyAndSingle() {
    #expect(Tensor<Float>(zeros: [0]).cumulativeSum(along: 0).shape == [0])
    #expect(Tensor<Float>(zeros: [3, 0]).cumulativeSum(along: 0).shape == [3, 0])
    #expect(Tensor<Float>([4]).cumulativeSum(along: 0) == Tensor([4]))
  }
}
