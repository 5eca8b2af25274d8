import Autograd
import NN
import Tensor
import Testing

@Suite struct AdamTests {
  @Test func adamIsTheReference() throws {
    try compareOptimizer("adam") { Optimizer($0, .adam(), learningRate: 0.1) }
    try compareOptimizer("adam.weightDecay") { Optimizer($0, .adam(), learningRate: 0.1, weightDecay: 0.01) }
    try compareOptimizer("adam.weightDecay.scheduled") {
      Optimizer($0, .adam(), learningRate: 1e-3, weightDecay: 0.01)
    }
    try compareOptimizer("adam.betas") {
      Optimizer($0, .adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-6), learningRate: 0.05)
    }
  }

  @Test func adamWIsTheReference() throws {
    try compareOptimizer("adamw") { Optimizer($0, .adamW(), learningRate: 0.1, weightDecay: 0.01) }
    try compareOptimizer("adamw.scheduled") { Optimizer($0, .adamW(), learningRate: 1e-3, weightDecay: 0.01) }
    try compareOptimizer("adamw.strongDecay") {
      Optimizer($0, .adamW(beta1: 0.9, beta2: 0.99), learningRate: 0.1, weightDecay: 0.3)
    }
  }

  @Test func theFirstStepIsTheLearningRate() throws {
    // The corrected moments are g and g^2: the step is r g / (|g| + epsilon).
    let parameter = Parameter(Tensor<Double>([1, 1, 1]))
    let optimizer = Optimizer(
      [ParameterGroup([(name: "p", parameter: parameter)])], .adam(), learningRate: 0.25)
    parameter.gradient = Tensor([3, -200, 0])
    try optimizer.step()
    #expect(parameter.value.isClose(to: Tensor([0.75, 1.25, 1]), absoluteTolerance: 1e-8))
  }
}
