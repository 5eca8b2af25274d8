import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct SlicingGradientTests {
  static let shapes: [TensorShape] = [[5], [1, 7], [3, 4, 5], [1, 1, 1], [2, 3, 5, 2]]

  @Test(arguments: shapes) func sliced(shape: TensorShape) {
    let x = testTensor(shape)
    for axis in 0..<shape.rank {
      expectGradient(of: "sliced", at: [x]) { $0[0].sliced(along: axis, (shape[axis] / 2)...) }
      expectGradient(of: "sliced", at: [x]) { $0[0].sliced(along: axis, 0..<shape[axis], step: -2) }
      expectGradient(of: "selected", at: [x]) { $0[0].selected(along: axis, at: shape[axis] - 1) }
    }
    expectGradient(of: "cropped", at: [x]) { $0[0].cropped(to: shape.dimensions.map { $0 / 3..<$0 }) }
    expectGradient(of: "flipped", at: [x]) { $0[0].flipped(along: 0) }
    expectGradient(of: "flipped", at: [x]) { $0[0].flipped(along: Array(0..<shape.rank)) }
    expectGradient(of: "subscript", at: [x]) { $0[0][0] * 2 + $0[0][0..<1].sum() }
  }

  @Test func replacing() {
    let part = testTensor([3, 2, 5], seed: 8)
    expectGradient(of: "replacing", at: [testTensor([3, 4, 5]), part]) {
      $0[0].replacing(along: 1, 0..<4, step: 2, with: $0[1])
    }
    expectGradient(of: "replacing", at: [testTensor([1]), testTensor([1], seed: 8)]) {
      $0[0].replacing(along: 0, ..<1, with: $0[1])
    }
  }

  /// Worked by hand: what is not read gets 0.
  @Test func unreadElementsGetZero() {
    let x = Variable(Tensor<Double>([1, 2, 3, 4]), requiresGradient: true)
    x.sliced(along: 0, 0..<4, step: -2).backward(gradient: Tensor([5, 7]))
    #expect(x.gradient == Tensor([0, 7, 0, 5]))
  }
}
