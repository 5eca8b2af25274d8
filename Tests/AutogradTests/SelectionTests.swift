import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct SelectionGradientTests {
  @Test func replacing() {
    let mask = testTensor([4, 3], seed: 3) .> 0
    let x = testTensor([4, 3])
    expectGradient(of: "replacing", at: [x, testTensor([4, 3], seed: 8)]) {
      $0[0].replacing(with: $0[1], where: mask)
    }
    expectGradient(of: "replacing", at: [x, testTensor([3], seed: 8)]) {
      $0[0].replacing(with: $0[1], where: mask)
    }
    expectGradient(of: "replacing", at: [testTensor([4, 1]), testTensor([], seed: 8)]) {
      $0[0].replacing(with: $0[1], where: mask)
    }
    expectGradient(of: "replacing", at: [x]) { $0[0].replacing(with: 0.5, where: mask) }
    expectGradient(of: "replacing", at: [testTensor([3])]) { $0[0].replacing(with: 0.5, where: mask) }
  }
}
