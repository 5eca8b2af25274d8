import Autograd
import NN
import Tensor
import TestSupport
import Testing

/// Runs an optimiser over the five gradients of Fixtures/optimizers.npz and compares the parameter after each step.
func compareOptimizer(
  _ name: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ make: ([ParameterGroup<Double>]) -> any Optimizer<Double>
) throws {
  let reference = try ReferenceValues("optimizers", in: .module)
  let parameter = Parameter(try reference.tensor("start", as: Double.self))
  let gradients = try reference.tensor("gradients", as: Double.self)
  let rates = try reference.tensor("learningRates", as: Double.self).scalars
  let optimizer = make([ParameterGroup([(name: "w", parameter: parameter)])])
  var rows: [Tensor<Double>] = []
  for step in 0..<5 {
    if name.hasSuffix(".scheduled") { optimizer.learningRate = rates[step] }
    parameter.gradient = gradients[step]
    try optimizer.step()
    rows.append(parameter.value)
  }
  let error = Tensor(stacking: rows).maximumAbsoluteDifference(to: try reference.tensor(name))
  #expect(error <= 1e-13, "\(name) is off by \(error)", sourceLocation: sourceLocation)
}
