import Autograd
import NN
import Tensor
import Testing

@Suite struct SGDTests {
  @Test(arguments: [
    ("sgd", SGD<Double>.Momentum.none, 0.0), ("sgd.weightDecay", .none, 0.01),
    ("sgd.momentum", .classical(factor: 0.9), 0), ("sgd.momentumWeightDecay", .classical(factor: 0.9), 0.01),
    ("sgd.nesterov", .nesterov(factor: 0.9), 0.01), ("sgd.nesterov.scheduled", .nesterov(factor: 0.9), 0.01),
    ("sgd.dampening", .classical(factor: 0.9, dampening: 0.5), 0),
  ])
  func itIsTheReference(_ name: String, _ momentum: SGD<Double>.Momentum, _ weightDecay: Double) throws {
    try compareOptimizer(name) {
      SGD($0, learningRate: 0.1, momentum: momentum, weightDecay: weightDecay)
    }
  }

  @Test func twoStepsByHand() throws {
    // v = 2, p = 1 - .5 * 2 = 0; v = .5 * 2 + 4 = 5, p = 0 - .5 * 5.
    let parameter = Parameter(Tensor<Float>([1]))
    let optimizer = SGD(
      [ParameterGroup([(name: "p", parameter: parameter)])], learningRate: 0.5,
      momentum: .classical(factor: 0.5))
    for gradient in [Float(2), 4] {
      parameter.gradient = Tensor([gradient])
      try optimizer.step()
    }
    #expect(parameter.value == Tensor([-2.5]))
  }
}
