import Autograd
import NN
import Tensor
import Testing

@Suite struct OptimizerTests {
  private func parameter(_ value: Double, gradient: Double?) -> Parameter<Double> {
    let parameter = Parameter(Tensor<Double>([value]))
    parameter.gradient = gradient.map { Tensor([$0]) }
    return parameter
  }

  @Test func groupsHaveTheirOwnRateAndDecay() throws {
    let (head, body) = (parameter(1, gradient: 1), parameter(1, gradient: 1))
    let optimizer = Optimizer<Double>(
      [
        ParameterGroup([(name: "head", parameter: head)], learningRateScale: 10, weightDecay: 0),
        ParameterGroup([(name: "body", parameter: body)]),
      ], .sgd(momentum: .none), learningRate: 0.01, weightDecay: 1)
    try optimizer.step()
    #expect(abs(head.value.item - 0.9) <= 1e-15)
    #expect(abs(body.value.item - 0.98) <= 1e-15)
  }

  /// A group's own rate stays when a schedule changes the optimiser's, and takes part in the group's scale.
  @Test func aFixedRateStandsInPlaceOfTheOptimizers() throws {
    let (head, body) = (parameter(1, gradient: 1), parameter(1, gradient: 1))
    let optimizer = Optimizer<Double>(
      [
        ParameterGroup(
          [(name: "head", parameter: head)], learningRateScale: 2, fixedLearningRate: 0.1),
        ParameterGroup([(name: "body", parameter: body)]),
      ], .sgd(momentum: .none), learningRate: 0.5)
    optimizer.learningRate = 0
    try optimizer.step()
    #expect(abs(head.value.item - 0.8) <= 1e-15)
    #expect(body.value.item == 1)
  }

  @Test func whatIsFrozenOrHasNoGradientStays() throws {
    let (frozen, idle, moving) = (
      parameter(1, gradient: 1), parameter(1, gradient: nil), parameter(1, gradient: 1)
    )
    frozen.isFrozen = true
    let optimizer = Optimizer<Double>(
      [
        ParameterGroup([
          (name: "frozen", parameter: frozen), (name: "idle", parameter: idle),
          (name: "moving", parameter: moving),
        ])
      ], .adam(), learningRate: 1e-3)
    try optimizer.step()
    #expect(frozen.value.item == 1)
    #expect(idle.value.item == 1)
    #expect(moving.value.item != 1)
  }

  @Test func gradientsAreClippedBeforeTheStep() throws {
    let (first, second) = (parameter(0, gradient: 3), parameter(0, gradient: 4))
    let optimizer = Optimizer<Double>(
      [ParameterGroup([(name: "a", parameter: first), (name: "b", parameter: second)])],
      .sgd(momentum: .none), learningRate: 1)
    // The joint norm is 5.
    optimizer.clipping = .norm(1)
    try optimizer.step()
    #expect(abs(first.value.item + 0.6) < 1e-6 && abs(second.value.item + 0.8) < 1e-6)
  }

  @Test func memoryComesBackFromItsTensors() throws {
    let (one, other) = (parameter(1, gradient: 0.3), parameter(1, gradient: 0.3))
    let groups = [one, other].map { [ParameterGroup([(name: "p", parameter: $0)])] }
    let (first, second) = (
      Optimizer(groups[0], .adam(), learningRate: 1e-3), Optimizer(groups[1], .adam(), learningRate: 1e-3)
    )
    try first.step()
    second.memory = try OptimizerMemory(first.memory.state(), path: "memory")
    other.value = one.value
    for (optimizer, parameter) in [(first, one), (second, other)] {
      parameter.gradient = Tensor([-0.7])
      try optimizer.step()
    }
    #expect(one.value == other.value)
    #expect(second.memory.step == 2)
  }

  @Test func aMemoryWithoutStepIsIncompatible() {
    let error = #expect(throws: CheckpointError.self) {
      try OptimizerMemory<Double>(Safetensors(), path: "x")
    }
    #expect(error?.code == .incompatible)
  }
}
