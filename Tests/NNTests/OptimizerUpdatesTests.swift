import NN
import Tensor
import TestSupport
import Testing

/// Reference values: PyTorch 2.13.0 (CPU, float64); three steps from [1, -2, 0.5] with the gradients
/// `cos(k [1, 2, 3])`, k = 1, 2, 3, learning rate 0.1.
@Suite struct OptimizerUpdatesTests {
  static func gradient<Scalar: TensorFloatingPointScalar>(_ step: Int) -> Tensor<Scalar> {
    Tensor(converting: (Double(step) * Tensor<Double>([1, 2, 3])).cos())
  }

  static func sgd<Scalar: TensorFloatingPointScalar>(
    _ type: Scalar.Type, _ momentum: OptimizerRule.Momentum, decay: Double
  ) -> Tensor<Scalar> {
    var parameter = Tensor<Scalar>([1, -2, 0.5])
    var velocity = Tensor<Scalar>(zeros: [3])
    for step in 1...3 {
      OptimizerUpdates.stochasticGradientDescent(
        &parameter, gradient: gradient(step), velocity: &velocity, learningRate: 0.1, momentum: momentum,
        weightDecay: decay, step: step)
    }
    return parameter
  }

  static let sgdCases: [(OptimizerRule.Momentum, Double, [Double])] = [
    (.none, 0.01, [1.08365309347523, -1.98319253303867, 0.59249486421207]),
    (.classical(factor: 0.9), 0.01, [1.02620366887608, -1.84806200454197, 0.673885956682825]),
    (.nesterov(factor: 0.9), 0.01, [1.10743510892454, -1.84677606632726, 0.748677278463568]),
    (.classical(factor: 0.9, dampening: 0.5), 0, [0.942611649411735, -1.8731365776462, 0.72262830244117]),
  ]

  @Test(arguments: 0..<4) func sgdAgreesWithReference(_ index: Int) {
    let (momentum, decay, expected) = Self.sgdCases[index]
    #expect(
      Self.sgd(Double.self, momentum, decay: decay).isClose(to: Tensor(expected), absoluteTolerance: 1e-14))
    #expect(
      Self.sgd(Float.self, momentum, decay: decay).relativeError(to: Tensor(expected)) < 3e-7)
  }

  static func adam<Scalar: TensorFloatingPointScalar>(
    _ type: Scalar.Type, _ decay: AdamWeightDecay
  ) -> Tensor<Scalar> {
    var parameter = Tensor<Scalar>([1, -2, 0.5])
    var (first, second) = (Tensor<Scalar>(zeros: [3]), Tensor<Scalar>(zeros: [3]))
    for step in 1...3 {
      OptimizerUpdates.adam(
        &parameter, gradient: gradient(step), firstMoment: &first, secondMoment: &second, learningRate: 0.1,
        weightDecay: decay, step: step)
    }
    return parameter
  }

  @Test func adamAgreesWithReference() {
    let expected = Tensor<Double>([0.938584182220221, -1.80025987168183, 0.627983925776058])
    #expect(Self.adam(Double.self, .inGradient(0.01)).isClose(to: expected, absoluteTolerance: 1e-14))
    #expect(Self.adam(Float.self, .inGradient(0.01)).relativeError(to: expected) < 3e-7)
  }

  @Test func adamWAgreesWithReference() {
    let expected = Tensor<Double>([0.938822734605597, -1.79735404444351, 0.627395761745862])
    #expect(Self.adam(Double.self, .decoupled(0.01)).isClose(to: expected, absoluteTolerance: 1e-14))
    #expect(Self.adam(Float.self, .decoupled(0.01)).relativeError(to: expected) < 3e-7)
  }

  /// Long buffers take the vector loop and its remainder; every element follows the same rule.
  @Test(arguments: [0, 1, 15, 16, 17, 100_003]) func longBuffersFollowTheSameRule(_ count: Int) {
    let start: Tensor<Float> = testTensor([count], seed: 1)
    let gradient: Tensor<Float> = testTensor([count], seed: 2)
    var parameter = start
    var (first, second) = (Tensor<Float>(zeros: [count]), Tensor<Float>(zeros: [count]))
    OptimizerUpdates.adam(
      &parameter, gradient: gradient, firstMoment: &first, secondMoment: &second, learningRate: 0.1, step: 1)
    // The first step has length 0.1 for every gradient much larger than epsilon.
    let moved = start.scalars.indices.allSatisfy {
      let expected = start.scalars[$0] - 0.1 * (gradient.scalars[$0] > 0 ? 1 : -1)
      return (parameter.scalars[$0] - expected).magnitude < 1e-5 || gradient.scalars[$0].magnitude < 1e-3
    }
    #expect(count > 20 || moved)
    #expect((parameter - start).scalars.allSatisfy { $0.magnitude <= 0.1001 })
    var copy = start
    var velocity = Tensor<Float>(zeros: [count])
    OptimizerUpdates.stochasticGradientDescent(
      &copy, gradient: gradient, velocity: &velocity, learningRate: 0.5, momentum: .classical(factor: 0.9),
      step: 1)
    #expect(copy.isClose(to: start - 0.5 * gradient, absoluteTolerance: 1e-7))
    #expect(velocity == gradient)
  }

  /// Every variant of the kernels against Double; the choice holds for a process.
  @Test(.enabled(if: InstructionSet.avx2.isAvailable)) func avx2AgreesWithDouble() async {
    await #expect(processExitsWith: .success) { OptimizerUpdatesTests.compare(.avx2) }
  }

  @Test(.enabled(if: InstructionSet.avx512.isAvailable)) func avx512AgreesWithDouble() async {
    await #expect(processExitsWith: .success) { OptimizerUpdatesTests.compare(.avx512) }
  }

  @Test func portableAgreesWithDouble() async {
    await #expect(processExitsWith: .success) { OptimizerUpdatesTests.compare(.portable) }
  }

  private static func compare(_ set: InstructionSet) {
    set.select()
    #expect(InstructionSet.active == set)
    #expect(
      adam(Float.self, .inGradient(0.01)).relativeError(to: adam(Double.self, .inGradient(0.01)))
        < 3e-7)
    #expect(
      sgd(Float.self, .nesterov(factor: 0.9), decay: 0.01).relativeError(
        to: sgd(Double.self, .nesterov(factor: 0.9), decay: 0.01)) < 3e-7)
  }

  /// The parameter is a value: a copy taken before the step keeps the old elements.
  @Test func copiesStayUntouched() {
    var parameter = Tensor<Float>([1, 2])
    let copy = parameter
    var velocity = Tensor<Float>(zeros: [2])
    OptimizerUpdates.stochasticGradientDescent(
      &parameter, gradient: Tensor([1, 1]), velocity: &velocity, learningRate: 1, step: 1)
    #expect(parameter == Tensor([0, 1]))
    #expect(copy == Tensor([1, 2]))
  }

  @Test func shapesThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      var parameter = Tensor<Float>([1, 2])
      var velocity = Tensor<Float>(zeros: [2])
      OptimizerUpdates.stochasticGradientDescent(
        &parameter, gradient: Tensor([1]), velocity: &velocity, learningRate: 1, step: 1)
    }
  }
}
