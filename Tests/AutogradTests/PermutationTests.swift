import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct PermutationGradientTests {
  @Test(arguments: [[2, 3, 4], [1, 5, 1], [3, 1, 7]] as [TensorShape])
  func permuted(shape: TensorShape) {
    let x = testTensor(shape)
    for axes in [[2, 0, 1], [1, 2, 0], [0, 2, 1], [2, 1, 0]] {
      expectGradient(of: "permuted", at: [x]) { $0[0].permuted(axes) }
    }
    expectGradient(of: "transposed", at: [x]) { $0[0].transposed() }
    expectGradient(of: "transposed", at: [x]) { $0[0].transposed(0, 2) }
    expectGradient(of: "movingAxis", at: [x]) { $0[0].movingAxis(0, to: -1) }
  }
}
