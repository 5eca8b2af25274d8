import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct GradientClippingTests {
  private func parts(_ reference: ReferenceValues) throws -> [Parameter<Double>] {
    let row = try reference.tensor("gradients", as: Double.self)[0]
    return [row[0..<4], row[4..<6]].map { part in
      let parameter = Parameter(Tensor<Double>(zeros: part.shape))
      parameter.gradient = part
      return parameter
    }
  }

  private func joined(_ parameters: [Parameter<Double>]) -> Tensor<Double> {
    Tensor(concatenating: parameters.compactMap(\.gradient), along: 0)
  }

  @Test(arguments: [("clip.norm0_5", 0.5), ("clip.norm100", 100)])
  func byNormItIsTheReference(_ name: String, _ maximum: Double) throws {
    let reference = try ReferenceValues("optimizers", in: .module)
    let parameters = try parts(reference)
    let norm = GradientClipping.gradientNorm(parameters)
    #expect(abs(norm - (try reference.number("\(name).total"))) <= 1e-14)
    GradientClipping.byNorm(maximum)(parameters)
    let expected = try reference.tensor("\(name).result", as: Double.self)
    #expect(joined(parameters).isClose(to: expected, absoluteTolerance: 1e-14))
  }

  @Test func byValueItIsTheReference() throws {
    let reference = try ReferenceValues("optimizers", in: .module)
    let parameters = try parts(reference)
    GradientClipping.byValue(0.5)(parameters)
    #expect(joined(parameters) == (try reference.tensor("clip.value0_5.result", as: Double.self)))
  }

  @Test func asAHookItActsBeforeTheStep() throws {
    let parameter = Parameter(Tensor<Double>([0, 0]))
    let optimizer = SGD(
      [ParameterGroup([(name: "p", parameter: parameter)])], learningRate: 1, momentum: .none)
    optimizer.gradientHooks.append(GradientClipping.byValue(1))
    parameter.gradient = Tensor([5, -0.5])
    try optimizer.step()
    #expect(parameter.value == Tensor([-1, 0.5]))
  }
}
