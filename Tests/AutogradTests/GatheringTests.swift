import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct GatheringGradientTests {
  @Test(arguments: [([5, 3], 0), ([5, 3], 1), ([1, 4], 0), ([2, 3, 4], -2)] as [(TensorShape, Int)])
  func gathered(shape: TensorShape, axis: Int) {
    let x = testTensor(shape)
    let length = shape[axis]
    let indices = Tensor<Int32>((0..<2 * length).map { Int32($0 * 3 % length) }).reshaped(2, length)
    expectGradient(of: "gathered", at: [x]) { $0[0].gathered(along: axis, at: indices) }
    expectGradient(of: "gathered", at: [x]) { $0[0].gathered(along: axis, at: [0, length - 1, 0]) }
    let updates = testTensor(x.gathered(along: axis, at: indices).shape, seed: 9)
    expectGradient(of: "scatterAdding", at: [x, updates]) {
      $0[0].scatterAdding($0[1], along: axis, at: indices)
    }
    let places = Tensor<Int64>(zeros: shape.replacing(axis: axis, with: 3))
    expectGradient(of: "gatheredElements", at: [x]) { $0[0].gatheredElements(along: axis, at: places) }
    expectGradient(of: "scatterAddingElements", at: [x, testTensor(places.shape, seed: 9)]) {
      $0[0].scatterAddingElements($0[1], along: axis, at: places)
    }
  }

  @Test func rowsReadTwiceAddUp() {
    let x = Variable(Tensor<Double>([1, 2, 3]), requiresGradient: true)
    x.gathered(at: [2, 0, 2]).backward(gradient: Tensor([1, 10, 100]))
    #expect(x.gradient == Tensor([10, 0, 101]))
  }
}
