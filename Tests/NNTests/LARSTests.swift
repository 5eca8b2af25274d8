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

  /// Two steps at rates 1 and .5 of (.3, -.4) along (.1, .2) with decay 1e-4 and momentum .9, worked out from the formulas.
  /// The parameter is a matrix, as vectors have neither scale nor decay in two of the forms.
  @Test(arguments: [
    (OptimizerRule.lars(form: .rateInside), [0.29946307896742713, -0.40107330530514107]),
    (.lars(form: .rateOutside), [0.29956374227764987, -0.4008720793178159]),
    (.larc(), [0.2995638834852236, -0.40087179704383374]),
  ]) func formsDifferAsTheRateChanges(_ rule: OptimizerRule, _ expected: [Double]) throws {
    let moved = try twoSteps(rule, shape: [1, 2])
    #expect(moved.isClose(to: Tensor(expected, shape: [1, 2]), absoluteTolerance: 1e-15), "\(moved)")
  }

  /// v = g, p = p - v; v = .9 g + .5 g (inside) or 1.9 g, half of which is taken (outside): no decay, no scale.
  @Test(arguments: [
    (OptimizerRule.LARSForm.rateInside, 2.4), (.rateOutside, 1.95),
  ]) func vectorsMoveByTheirGradient(_ form: OptimizerRule.LARSForm, _ steps: Double) throws {
    let moved = try twoSteps(.lars(form: form), shape: [2])
    let expected = Tensor([0.3 - 0.1 * steps, -0.4 - 0.2 * steps])
    #expect(moved.isClose(to: expected, absoluteTolerance: 1e-15), "\(moved)")
  }

  /// The paper's form and LARC scale vectors, too.
  @Test(arguments: [OptimizerRule.lars(), .larc()]) func vectorsMoveAsMatricesDo(_ rule: OptimizerRule) throws
  {
    #expect(try twoSteps(rule, shape: [2]).scalars == twoSteps(rule, shape: [1, 2]).scalars)
  }

  @Test func withoutGradientLARCDoesNotDecay() throws {
    let parameter = Parameter(Tensor<Double>([3, 4]))
    let optimizer = Optimizer(
      [ParameterGroup([(name: "p", parameter: parameter)])], .larc(), learningRate: 1, weightDecay: 0.1)
    parameter.gradient = Tensor([0, 0])
    try optimizer.step()
    #expect(parameter.value == Tensor([3, 4]))
  }

  private func twoSteps(_ rule: OptimizerRule, shape: TensorShape) throws -> Tensor<Double> {
    let parameter = Parameter(Tensor<Double>([0.3, -0.4], shape: shape))
    let optimizer = Optimizer(
      [ParameterGroup([(name: "p", parameter: parameter)])], rule, learningRate: 1, weightDecay: 1e-4)
    for rate in [1, 0.5] {
      optimizer.learningRate = rate
      parameter.gradient = Tensor([0.1, 0.2], shape: shape)
      try optimizer.step()
    }
    return parameter.value
  }
}
