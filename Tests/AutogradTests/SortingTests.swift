import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct SortingGradientTests {
  @Test(arguments: [([5, 3], 0), ([5, 3], 1), ([2, 3, 4], -2), ([1], 0)] as [(TensorShape, Int)])
  func alongAnAxis(_ shape: TensorShape, _ axis: Int) {
    let x = distinct(shape)
    expectGradient(of: "sorted", at: [x]) { $0[0].sorted(along: axis) }
    expectGradient(of: "sorted", at: [x]) { $0[0].sorted(along: axis, order: .descending) }
    expectGradient(of: "topK", at: [x]) { $0[0].topK(1, along: axis).values }
    expectGradient(of: "topK", at: [x]) { $0[0].topK(shape[axis], along: axis).values }
    expectGradient(of: "cumulativeSum", at: [x]) { $0[0].cumulativeSum(along: axis) }
    expectGradient(of: "cumulativeSum", at: [x]) { $0[0].cumulativeSum(along: axis, direction: .backward) }
  }

  @Test func gradientsOfTheLargestTwoByHand() {
    let x = Variable(Tensor<Double>([1, 4, 3]), requiresGradient: true)
    let (values, indices) = x.topK(2, along: 0)
    (values * Variable(Tensor<Double>([10, 20]))).sum().backward()
    #expect(indices == Tensor([1, 2]))
    #expect(x.gradient == Tensor([0, 10, 20]))
  }

  @Test func argsortedHasNoGradient() async {
    #expect(Variable(Tensor<Double>([3, 1])).argsorted(along: 0) == Tensor([1, 0]))
    await #expect(processExitsWith: .failure) {
      _ = Variable(Tensor<Double>([1]), requiresGradient: true).argsorted(along: 0)
    }
  }
}
