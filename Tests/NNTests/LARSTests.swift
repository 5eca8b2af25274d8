import Autograd
import NN
import Tensor
import Testing

@Suite struct LARSTests {
  @Test func itIsTheReference() throws {
    try compareOptimizer("lars") { LARS($0, weightDecay: 0.01) }
    try compareOptimizer("lars.scheduled") { LARS($0, weightDecay: 0.01) }
    try compareOptimizer("lars.plain") { LARS($0, momentum: 0, trust: 0.02) }
  }

  @Test func aZeroParameterMovesByItsGradient() throws {
    let parameter = Parameter(Tensor<Double>([0, 0]))
    let optimizer = LARS([ParameterGroup([(name: "p", parameter: parameter)])], learningRate: 0.5)
    parameter.gradient = Tensor([2, -4])
    try optimizer.step()
    #expect(parameter.value == Tensor([-1, 2]))
  }
}
