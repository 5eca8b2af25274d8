import Autograd
import Tensor
import TestSupport
import Testing

@Suite struct ElementaryGradientTests {
  @Test(arguments: [[5, 3], [1], [], [17], [0]] as [TensorShape]) func smoothFunctions(_ shape: TensorShape) {
    let x = testTensor(shape)
    let positive = x.squared() + 0.3
    expectGradient(of: "exp", at: [x]) { $0[0].exp() }
    expectGradient(of: "expm1", at: [x]) { $0[0].expm1() }
    expectGradient(of: "log", at: [positive]) { $0[0].log() }
    expectGradient(of: "log1p", at: [positive]) { $0[0].log1p() }
    expectGradient(of: "sqrt", at: [positive]) { $0[0].sqrt() }
    expectGradient(of: "reciprocal", at: [positive]) { $0[0].reciprocal() }
    expectGradient(of: "squared", at: [x]) { $0[0].squared() }
    expectGradient(of: "sin", at: [x]) { $0[0].sin() }
    expectGradient(of: "cos", at: [x]) { $0[0].cos() }
    expectGradient(of: "tanh", at: [x]) { $0[0].tanh() }
    expectGradient(of: "sigmoid", at: [x]) { $0[0].sigmoid() }
    expectGradient(of: "erf", at: [x]) { $0[0].erf() }
    expectGradient(of: "gelu", at: [x]) { $0[0].gelu() }
    expectGradient(of: "softplus", at: [x]) { $0[0].softplus() }
  }

  /// On both sides of the kinks, away from them by more than the steps of the finite difference.
  @Test(arguments: [1.0, -1.0]) func functionsWithAKink(_ side: Double) {
    let x = (testTensor([6, 3]).magnitude + 0.1) * side
    expectGradient(of: "relu", at: [x]) { $0[0].relu() * 2 + $0[0] }
    expectGradient(of: "leakyReLU", at: [x]) { $0[0].leakyReLU(negativeSlope: 0.2) }
    expectGradient(of: "magnitude", at: [x]) { $0[0].magnitude }
    let inside = (x.sigmoid() - 0.5) * 1.5
    expectGradient(of: "clamped", at: [inside]) { $0[0].clamped(to: -1...1) }
    expectGradient(of: "clamped", at: [x + side * 2]) { $0[0].clamped(to: -1...1) + $0[0] }
  }

  @Test func gradientsAtTheKinksAreTheDocumentedOnes() {
    let x = Variable(Tensor<Double>([0]), requiresGradient: true)
    func gradient(_ function: (Variable<Double>) -> Variable<Double>) -> Double? {
      x.gradient = nil
      function(x).sum().backward()
      return x.gradient?.item
    }
    #expect(gradient { $0.relu() } == 0)
    #expect(gradient { $0.leakyReLU(negativeSlope: 0.25) } == 0.25)
    #expect(gradient { $0.magnitude } == 0)
    #expect(gradient { $0.clamped(to: 0...1) } == 1)
    #expect(gradient { $0.sqrt() } == .infinity)
  }

  @Test func extremesStayFinite() {
    let x = Variable(Tensor<Double>([-800, 800]), requiresGradient: true)
    (x.sigmoid() + x.softplus() + x.tanh() + x.gelu()).sum().backward()
    #expect(x.gradient == Tensor([0, 2]))
  }

  @Test func theSignOfATrackedVariableTraps() async {
    await #expect(processExitsWith: .failure) {
      _ = Variable(Tensor<Double>([1]), requiresGradient: true).sign()
    }
  }

  @Test func theSignOfAConstant() {
    #expect(Variable(Tensor<Double>([-2, 0, 3])).sign().value == Tensor([-1, 0, 1]))
  }
}
