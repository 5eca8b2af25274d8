import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct SoftmaxGradientTests {
  @Test(
    arguments: [([4, 3], 1), ([4, 3], 0), ([2, 3, 5], 1), ([3, 1], 1), ([7], -1)] as [(TensorShape, Int)])
  func alongAnAxis(_ shape: TensorShape, _ axis: Int) {
    let x = testTensor(shape)
    expectGradient(of: "softmax", at: [x]) { $0[0].softmax(along: axis) }
    expectGradient(of: "logSoftmax", at: [x]) { $0[0].logSoftmax(along: axis) }
  }

  @Test func crossEntropyByHand() {
    // The gradient of -log softmax(x)_0 is softmax(x) - (1, 0).
    let x = Variable(Tensor<Double>([0, 0]), requiresGradient: true)
    let target = Variable(Tensor<Double>([1, 0]))
    (-(x.logSoftmax(along: 0) * target)).sum().backward()
    #expect(x.gradient?.isClose(to: Tensor([-0.5, 0.5]), absoluteTolerance: 1e-15) == true)
  }

  @Test func extremeLogitsGiveFiniteGradients() {
    let x = Variable(Tensor<Double>([1e5, -1e5]), requiresGradient: true)
    (x.softmax(along: 0) * Variable(Tensor<Double>([1, 2]))).sum().backward()
    #expect(x.gradient == Tensor([0, 0]))
  }
}
