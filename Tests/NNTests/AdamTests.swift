import Autograd
import NN
import Tensor
import Testing

@Suite struct AdamTests {
  @Test func adamIsTheReference() throws {
    try compareOptimizer("adam") { Adam($0, learningRate: 0.1) }
    try compareOptimizer("adam.weightDecay") { Adam($0, learningRate: 0.1, weightDecay: 0.01) }
    try compareOptimizer("adam.weightDecay.scheduled") { Adam($0, weightDecay: 0.01) }
    try compareOptimizer("adam.betas") { Adam($0, learningRate: 0.05, betas: (0.8, 0.95), epsilon: 1e-6) }
  }

  @Test func adamWIsTheReference() throws {
    try compareOptimizer("adamw") { AdamW($0, learningRate: 0.1) }
    try compareOptimizer("adamw.scheduled") { AdamW($0) }
    try compareOptimizer("adamw.strongDecay") {
      AdamW($0, learningRate: 0.1, betas: (0.9, 0.99), weightDecay: 0.3)
    }
  }

  @Test func theFirstStepIsTheLearningRate() throws {
    // The corrected moments are g and g^2: the step is r g / (|g| + epsilon).
    let parameter = Parameter(Tensor<Double>([1, 1, 1]))
    let optimizer = Adam([ParameterGroup([(name: "p", parameter: parameter)])], learningRate: 0.25)
    parameter.gradient = Tensor([3, -200, 0])
    try optimizer.step()
    #expect(parameter.value.isClose(to: Tensor([0.75, 1.25, 1]), absoluteTolerance: 1e-8))
  }
}
