import Autograd
import Tensor
import TestSupport
import Testing

/// Shapes with the axes that are reduced: one, several apart, all, none; odd sizes and size 1.
private let cases: [(TensorShape, [Int])] = [
  ([4, 3], [0]), ([4, 3], [-1]), ([2, 3, 5, 3], [0, 2]), ([2, 3, 2], [0, 1, 2]), ([3, 1], [1]), ([2, 2], []),
]

@Suite struct ReductionGradientTests {
  @Test(arguments: cases) func alongAxes(_ shape: TensorShape, _ axes: [Int]) {
    let x = testTensor(shape)
    expectGradient(of: "sum", at: [x]) { $0[0].sum(along: axes) }
    expectGradient(of: "mean", at: [x]) { $0[0].mean(along: axes) }
    expectGradient(of: "product", at: [x]) { $0[0].product(along: axes) }
    expectGradient(of: "max", at: [distinct(shape)]) { $0[0].max(along: axes) }
    expectGradient(of: "min", at: [distinct(shape)]) { $0[0].min(along: axes) }
    expectGradient(of: "norm", at: [x]) { $0[0].norm(along: axes) }
    expectGradient(of: "logSumExp", at: [x]) { $0[0].logSumExp(along: axes) }
    expectGradient(of: "variance", at: [x]) { $0[0].variance(along: axes, correction: 0) }
  }

  @Test func theUnbiasedEstimates() {
    let x = testTensor([5, 3])
    expectGradient(of: "variance", at: [x]) { $0[0].variance(along: 0) }
    expectGradient(of: "variance", at: [x]) { $0[0].variance() }
    expectGradient(of: "standardDeviation", at: [x]) { $0[0].standardDeviation(along: 0) }
    expectGradient(of: "standardDeviation", at: [x]) { $0[0].standardDeviation(along: [1], correction: 0) }
    expectGradient(of: "standardDeviation", at: [x]) { $0[0].standardDeviation() }
  }

  @Test func overAllElements() {
    let x = testTensor([3, 5])
    expectGradient(of: "sum", at: [x]) { $0[0].sum() }
    expectGradient(of: "mean", at: [x]) { $0[0].mean() }
    expectGradient(of: "product", at: [x]) { $0[0].product() }
    expectGradient(of: "max", at: [distinct([3, 5])]) { $0[0].max() + $0[0].max(along: 1).sum() }
    expectGradient(of: "min", at: [distinct([3, 5])]) { $0[0].min() + $0[0].min(along: 1).sum() }
    expectGradient(of: "norm", at: [x]) { $0[0].norm() + $0[0].norm(along: 0).sum() }
    expectGradient(of: "logSumExp", at: [x]) { $0[0].logSumExp() + $0[0].logSumExp(along: 0).sum() }
    expectGradient(of: "sum", at: [x]) {
      $0[0].sum(along: 0) * $0[0].mean(along: 0) * $0[0].product(along: 0)
    }
    expectGradient(of: "sum(to:)", at: [x]) { $0[0].sum(to: [1, 5]) * $0[0].sum(to: [5]) }
  }

  @Test func productsOfZerosByHand() {
    let x = Variable(Tensor<Double>(rows: [[2, 3, 4], [0, 3, 4], [0, 0, 4]]), requiresGradient: true)
    x.product(along: 1).sum().backward()
    #expect(x.gradient == Tensor(rows: [[12, 8, 6], [12, 0, 0], [0, 0, 0]]))
  }

  @Test func equalExtremesShareTheGradient() {
    let x = Variable(Tensor<Double>([1, 3, 3, 0]), requiresGradient: true)
    x.max().backward()
    #expect(x.gradient == Tensor([0, 0.5, 0.5, 0]))
  }

  @Test func constantInputsGiveFiniteGradients() {
    let x = Variable(Tensor<Double>([0, 0, 0]), requiresGradient: true)
    (x.norm() + x.standardDeviation() + x.variance()).backward()
    #expect(x.gradient == Tensor([0, 0, 0]))
  }

  @Test func logSumExpOfMinusInfinities() {
    let x = Variable(Tensor<Double>([-.infinity, -.infinity]), requiresGradient: true)
    x.logSumExp().backward()
    #expect(x.gradient == Tensor([0, 0]))
  }

  @Test func largeLogitsDoNotOverflow() {
    let x = Variable(Tensor<Double>([1e4, 1e4]), requiresGradient: true)
    x.logSumExp().backward()
    #expect(x.gradient == Tensor([0.5, 0.5]))
  }

  @Test func argumentsOfExtremesHaveNoGradient() async {
    #expect(Variable(Tensor<Double>(rows: [[1, 5, 2]])).argmax(along: 1) == Tensor([1]))
    #expect(Variable(Tensor<Double>(rows: [[1, 5, 2]])).argmin(along: 1) == Tensor([0]))
    await #expect(processExitsWith: .failure) {
      _ = Variable(Tensor<Double>([1]), requiresGradient: true).argmax(along: 0)
    }
    await #expect(processExitsWith: .failure) {
      _ = Variable(Tensor<Double>([1]), requiresGradient: true).argmin(along: 0)
    }
  }
}
