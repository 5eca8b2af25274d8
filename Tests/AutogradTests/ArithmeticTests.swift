import Autograd
import Tensor
import TestSupport
import Testing

/// Pairs of shapes that broadcast: equal, vector, column, both ways, scalars, length 1, an odd size, none.
private let pairs: [(TensorShape, TensorShape)] = [
  ([2, 3], [2, 3]), ([4, 5, 3], [3]), ([3], [4, 5, 3]), ([5, 1], [5, 7]), ([3, 1], [1, 2]), ([], [3, 2]),
  ([1], [1]), ([2, 1, 3], [4, 1]), ([0, 3], [3]),
]

@Suite struct ArithmeticGradientTests {
  @Test(arguments: pairs) func gradientsSumBackToTheOperands(_ left: TensorShape, _ right: TensorShape) {
    let (a, b) = (testTensor(left), testTensor(right, seed: 8))
    let apart = testTensor(right, seed: 9).squared() + 0.5
    let positive = testTensor(left, seed: 10).squared() + 0.5
    expectGradient(of: "+", at: [a, b]) { $0[0] + $0[1] }
    expectGradient(of: "-", at: [a, b]) { $0[0] - $0[1] }
    expectGradient(of: "*", at: [a, b]) { $0[0] * $0[1] }
    expectGradient(of: "/", at: [a, apart]) { $0[0] / $0[1] }
    expectGradient(of: "power", at: [positive, b]) { $0[0].power($0[1]) }
    // Multiples of .2, and what lies between them: no step of a finite difference changes which one is larger.
    func rounded(_ x: Tensor<Double>) -> Tensor<Double> {
      Tensor(x.scalars.map { ($0 * 5).rounded() / 5 }, shape: x.shape)
    }
    let (even, between) = (rounded(a), rounded(b) + 0.1)
    expectGradient(of: "maximum", at: [even, between]) { $0[0].maximum($0[1]) }
    expectGradient(of: "minimum", at: [even, between]) { $0[0].minimum($0[1]) }
  }

  @Test(arguments: [[3, 2], [1], [], [7]] as [TensorShape]) func gradientsWithNumbers(_ shape: TensorShape) {
    let x = testTensor(shape)
    let positive = x.squared() + 0.5
    expectGradient(of: "+", at: [x]) { 2 + ($0[0] + 3) }
    expectGradient(of: "-", at: [x]) { 2 - ($0[0] - 3) }
    expectGradient(of: "*", at: [x]) { 2 * ($0[0] * 3) }
    expectGradient(of: "/", at: [positive]) { 2 / $0[0] + $0[0] / 3 }
    expectGradient(of: "negation", at: [x]) { -$0[0] }
    expectGradient(of: "power", at: [positive]) { $0[0].power(2.5) + $0[0].power(-1) }
    expectGradient(of: "power", at: [x]) { $0[0].power(3) }
    expectGradient(of: "maximum", at: [x]) { $0[0].maximum(0.1) }
    expectGradient(of: "minimum", at: [x]) { $0[0].minimum(0.1) }
  }

  @Test func oneVariableOnBothSidesByHand() {
    let x = Variable(Tensor<Double>([2, -3]), requiresGradient: true)
    (x * x / 2 - x).sum().backward()
    #expect(x.gradient == Tensor([1, -4]))
  }

  @Test func equalElementsShareTheGradientOfMaximum() {
    let a = Variable(Tensor<Double>([1, 2, 3]), requiresGradient: true)
    let b = Variable(Tensor<Double>([1, 3, 2]), requiresGradient: true)
    a.maximum(b).sum().backward()
    #expect(a.gradient == Tensor([0.5, 0, 1]))
    #expect(b.gradient == Tensor([0.5, 1, 0]))
  }

  @Test func boundsPassTheGradientAtTheBoundItself() {
    let x = Variable(Tensor<Double>([0, 1, 2]), requiresGradient: true)
    (x.maximum(1) + x.minimum(1)).sum().backward()
    #expect(x.gradient == Tensor([1, 2, 1]))
  }

  @Test func powersAtZeroStayFinite() {
    let x = Variable(Tensor<Double>([0, 0, 2]), requiresGradient: true)
    let p = Variable(Tensor<Double>([0, 2, 3]), requiresGradient: true)
    x.power(p).sum().backward()
    #expect(x.gradient == Tensor([0, 0, 12]))
    #expect(p.gradient?[[0]] == 0 && p.gradient?[[1]] == 0)
    x.gradient = nil
    x.power(0).sum().backward()
    #expect(x.gradient == Tensor([0, 0, 0]))
  }

  @Test func compoundAssignmentRecordsAndLeavesTheOperandAlone() {
    let x = Variable(Tensor<Double>([1, 2]), requiresGradient: true)
    var y = x
    y += x
    y *= x
    y -= x
    y /= Variable(Tensor<Double>([2, 2]))
    y.sum().backward()
    #expect(y.value == Tensor([0.5, 3]))
    #expect(x.value == Tensor([1, 2]))
    #expect(x.gradient == Tensor([1.5, 3.5]))
  }

  @Test func constantsGetNoGradient() {
    let x = Variable(Tensor<Double>([1, 2]), requiresGradient: true)
    let constant = Variable(Tensor<Double>([3, 4]))
    (x * constant / constant).sum().backward()
    #expect(x.gradient == Tensor([1, 1]))
    #expect(constant.gradient == nil)
  }
}
