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
    let optimizer = SGD<Double>(
      [
        ParameterGroup([(name: "head", parameter: head)], learningRateScale: 10, weightDecay: 0),
        ParameterGroup([(name: "body", parameter: body)]),
      ], learningRate: 0.01, momentum: .none, weightDecay: 1)
    try optimizer.step()
    #expect(abs(head.value.item - 0.9) <= 1e-15)
    #expect(abs(body.value.item - 0.98) <= 1e-15)
  }

  @Test func whatIsFrozenOrHasNoGradientStays() throws {
    let (frozen, idle, moving) = (
      parameter(1, gradient: 1), parameter(1, gradient: nil), parameter(1, gradient: 1)
    )
    frozen.isFrozen = true
    let optimizer = Adam<Double>([
      ParameterGroup([
        (name: "frozen", parameter: frozen), (name: "idle", parameter: idle),
        (name: "moving", parameter: moving),
      ])
    ])
    try optimizer.step()
    #expect(frozen.value.item == 1)
    #expect(idle.value.item == 1)
    #expect(moving.value.item != 1)
  }

  @Test func hooksSeeAllGradientsInOrder() throws {
    let (first, second) = (parameter(0, gradient: 3), parameter(0, gradient: 4))
    let optimizer = SGD<Double>(
      [ParameterGroup([(name: "a", parameter: first), (name: "b", parameter: second)])], learningRate: 1,
      momentum: .none)
    var seen: [[Double]] = []
    optimizer.gradientHooks = [
      { seen.append($0.compactMap { $0.gradient?.item }) },
      { for parameter in $0 { parameter.variable.updateGradient { $0 *= 2 } } },
      { seen.append($0.compactMap { $0.gradient?.item }) },
    ]
    try optimizer.step()
    #expect(seen == [[3, 4], [6, 8]])
    #expect(first.value.item == -6)
  }

  @Test func memoryComesBackFromItsTensors() throws {
    let (one, other) = (parameter(1, gradient: 0.3), parameter(1, gradient: 0.3))
    let groups = [one, other].map { [ParameterGroup([(name: "p", parameter: $0)])] }
    let (first, second) = (Adam(groups[0]), Adam(groups[1]))
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
