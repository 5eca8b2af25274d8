import Tensor
import Testing

@Suite struct TensorEquatableTests {
  @Test func equality() {
    #expect(Tensor<Float>([1, 2]) == Tensor([1, 2]))
    #expect(Tensor<Float>([1, 2]) != Tensor(rows: [[1, 2]]))
    #expect(Tensor<Float>([0]) == Tensor([-0.0]))
    #expect(Tensor<Float>([.nan]) != Tensor([.nan]))
    #expect(Set([Tensor<Int32>([1]), Tensor([1]), Tensor([2])]).count == 2)
  }

  @Test func identityOfBits() {
    #expect(Tensor<Float>([.nan]).isIdentical(to: Tensor([.nan])))
    #expect(!Tensor<Float>([0]).isIdentical(to: Tensor([-0.0])))
    #expect(!Tensor<Float>([0]).isIdentical(to: Tensor([0, 0])))
  }

  @Test func closeness() {
    let a = Tensor<Double>([1, 100])
    #expect(a.isClose(to: Tensor([1.01, 100]), absoluteTolerance: 0.011))
    #expect(!a.isClose(to: Tensor([1.01, 100]), absoluteTolerance: 0.009))
    #expect(a.isClose(to: Tensor([1, 101]), absoluteTolerance: 0, relativeTolerance: 0.01))
    #expect(!a.isClose(to: Tensor([1, 102]), absoluteTolerance: 0, relativeTolerance: 0.01))
    #expect(Tensor<Double>([.infinity]).isClose(to: Tensor([.infinity]), absoluteTolerance: 0))
    #expect(!Tensor<Double>([.nan]).isClose(to: Tensor([.nan]), absoluteTolerance: 1))
    // As NumPy's `allclose`: a finite number, or the other infinity, is not within a share of infinity.
    for number in [1, -.infinity] as [Double] {
      let other = Tensor<Double>([.infinity])
      #expect(!Tensor([number]).isClose(to: other, absoluteTolerance: 0, relativeTolerance: 0.1))
      #expect(!other.isClose(to: Tensor([number]), absoluteTolerance: 0, relativeTolerance: 0.1))
    }
    #expect(!a.isClose(to: Tensor([1]), absoluteTolerance: 1))
  }

  @Test func largestDifference() {
    #expect(Tensor<Double>([1, 5]).maximumAbsoluteDifference(to: Tensor([2, 2])) == 3)
    #expect(Tensor<Double>([1, .nan]).maximumAbsoluteDifference(to: Tensor([2, 2])).isNaN)
    #expect(Tensor<Double>([.nan, 1]).maximumAbsoluteDifference(to: Tensor([2, 2])).isNaN)
    #expect(Tensor<Double>([.infinity]).maximumAbsoluteDifference(to: Tensor([.infinity])) == 0)
    #expect(Tensor<Double>(zeros: [0]).maximumAbsoluteDifference(to: Tensor(zeros: [0])) == 0)
  }
}
