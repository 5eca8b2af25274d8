import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct RepetitionGradientTests {
  @Test(
    arguments: [([3], [2, 3]), ([3, 1], [3, 5]), ([], [2, 2]), ([1, 3, 1], [2, 4, 3, 5])]
      as [(TensorShape, TensorShape)])
  func broadcast(shape: TensorShape, target: TensorShape) {
    expectGradient(of: "broadcast", at: [testTensor(shape)]) { $0[0].broadcast(to: target) }
  }

  @Test func tiledAndRepeated() {
    let x = testTensor([2, 3])
    expectGradient(of: "tiled", at: [x]) { $0[0].tiled(3, 2) }
    expectGradient(of: "tiled", at: [testTensor([1])]) { $0[0].tiled(5) }
    expectGradient(of: "repeated", at: [x]) { $0[0].repeated(3, along: 0) }
    expectGradient(of: "repeated", at: [x]) { $0[0].repeated(2, along: -1) }
  }
}
