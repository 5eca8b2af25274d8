import Autograd
import NN
import Tensor
import Testing

@Suite struct ActivationLayerTests {
  @Test func theyAreTheReference() throws {
    try compareLayer("relu", tolerance: 1e-15) { _ in ReLU<Double>() }
    try compareLayer("leakyReLU.0_01", tolerance: 1e-15) { _ in LeakyReLU<Double>() }
    try compareLayer("leakyReLU.0_2", tolerance: 1e-15) { _ in LeakyReLU<Double>(negativeSlope: 0.2) }
    try compareLayer("gelu.exact", tolerance: 1e-14) { _ in GELU<Double>() }
    try compareLayer("gelu.exact", tolerance: 1e-6) { _ in GELU<Float>() }
  }

  @Test func theyHoldNothing() {
    #expect(ReLU<Float>().members.isEmpty)
    #expect(LeakyReLU<Float>().members.isEmpty)
    #expect(GELU<Float>().members.isEmpty)
  }
}
