import Autograd
import NN
import Tensor
import Testing

@Suite struct LARSTests {
  @Test func itIsTheReference() throws {
    try compareOptimizer("lars") { Optimizer($0, .lars(), learningRate: 0.1, weightDecay: 0.01) }
    try compareOptimizer("lars.scheduled") { Optimizer($0, .lars(), learningRate: 0.1, weightDecay: 0.01) }
    try compareOptimizer("lars.plain") { Optimizer($0, .lars(momentum: 0, trust: 0.02), learningRate: 0.1) }
  }

  @Test func aZeroParameterMovesByItsGradient() throws {
    let parameter = Parameter(Tensor<Double>([0, 0]))
    let optimizer = Optimizer(
      [ParameterGroup([(name: "p", parameter: parameter)])], .lars(), learningRate: 0.5)
    parameter.gradient = Tensor([2, -4])
    try optimizer.step()
    #expect(parameter.value == Tensor([-1, 2]))
  }
}
