import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct MatrixMultiplicationGradientTests {
  @Test(arguments: [TransposedOperands.neither, .left, .right, .both])
  func transpositions(_ transposing: TransposedOperands) {
    let sizes: [(Int, Int, Int)] = [(2, 3, 4), (1, 1, 1), (5, 1, 3), (1, 7, 2)]
    for (m, k, n) in sizes {
      let a = testTensor(transposing == .left || transposing == .both ? [k, m] : [m, k])
      let b = testTensor(transposing == .right || transposing == .both ? [n, k] : [k, n], seed: 8)
      expectGradient(of: "matmul", at: [a, b]) { $0[0].matmul($0[1], transposing: transposing) }
    }
  }

  @Test(
    arguments: [
      ([2, 3, 4], [2, 4, 2]), ([3, 4], [2, 4, 2]), ([2, 3, 4], [4, 2]), ([2, 1, 3, 4], [5, 4, 1]),
    ] as [(TensorShape, TensorShape)])
  func batchesBroadcast(_ left: TensorShape, _ right: TensorShape) {
    expectGradient(of: "matmul", at: [testTensor(left), testTensor(right, seed: 8)]) { $0[0].matmul($0[1]) }
  }

  @Test func onlyTrackedOperandsGetAGradient() {
    let a = Variable(Tensor<Double>(rows: [[1, 2]]), requiresGradient: true)
    let b = Variable(Tensor<Double>(rows: [[3], [4]]))
    a.matmul(b).sum().backward()
    #expect(a.gradient == Tensor(rows: [[3, 4]]))
    #expect(b.gradient == nil)
  }
}
