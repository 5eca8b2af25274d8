import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct ConcatenationGradientTests {
  @Test func concatenating() {
    expectGradient(of: "concatenating", at: [testTensor([2, 3]), testTensor([1, 3], seed: 8)]) {
      Variable(concatenating: $0, along: 0)
    }
    expectGradient(
      of: "concatenating",
      at: [testTensor([2, 1, 3]), testTensor([2, 1, 1], seed: 8), testTensor([2, 1, 4])]
    ) { Variable(concatenating: [$0[0], $0[1], $0[2], $0[1]], along: -1) }
  }

  @Test func stacking() {
    let points = [testTensor([2, 3]), testTensor([2, 3], seed: 8)]
    for axis in [0, 1, -1] {
      expectGradient(of: "stacking", at: points) { Variable(stacking: $0, along: axis) }
    }
  }

  @Test(arguments: [0, 1, 2]) func splitting(axis: Int) {
    let x = testTensor([4, 2, 6])
    expectGradient(of: "split", at: [x]) {
      let parts = $0[0].split(along: axis, count: 2)
      return parts[0] * parts[1]
    }
    expectGradient(of: "split", at: [x]) {
      $0[0].split(along: axis, lengths: [1, x.shape[axis] - 1])[1]
    }
    expectGradient(of: "unstacked", at: [x]) {
      let parts = $0[0].unstacked(along: axis)
      return parts[0] * parts[1]
    }
  }

  @Test func constantsGetNoGradient() {
    let x = Variable(Tensor<Double>([1]), requiresGradient: true)
    let constant = Variable(Tensor<Double>([2]))
    Variable(concatenating: [constant, x], along: 0).backward(gradient: Tensor([3, 4]))
    #expect(x.gradient == Tensor([4]))
    #expect(constant.gradient == nil)
  }
}
