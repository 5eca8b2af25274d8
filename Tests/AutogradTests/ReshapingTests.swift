import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct ReshapingGradientTests {
  @Test func aNewShapeCarriesTheGradientBack() {
    let x = testTensor([2, 3, 1, 4])
    expectGradient(of: "reshaped", at: [x]) { $0[0].reshaped([6, -1]) }
    expectGradient(of: "flattened", at: [x]) { $0[0].flattened() }
    expectGradient(of: "expanded", at: [x]) { $0[0].expanded(at: 1) }
    expectGradient(of: "squeezed", at: [x]) { $0[0].squeezed(at: 2) }
  }

  @Test func byHand() {
    let x = Variable(Tensor<Double>(rows: [[1, 2], [3, 4]]), requiresGradient: true)
    x.reshaped([4]).backward(gradient: Tensor([5, 6, 7, 8]))
    #expect(x.gradient == Tensor(rows: [[5, 6], [7, 8]]))
  }
}
