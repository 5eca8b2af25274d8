import Autograd
import NN
import Tensor
import TestSupport
import Testing

/// Compares a layer with a case of Fixtures/layers.npz: output, and the gradients of input, weight and bias.
///
/// `makeLayer` gets the case's weight and bias in our order.
func compareLayer<Scalar: TensorFloatingPointScalar>(
  _ name: String, tolerance: Double, sourceLocation: SourceLocation = #_sourceLocation,
  _ makeLayer: (_ values: [String: Tensor<Scalar>]) throws -> any Layer<Scalar>
) throws {
  let reference = try ReferenceValues("layers", in: .module)
  var values: [String: Tensor<Scalar>] = [:]
  for part in ["weight", "bias"] where reference.contains("\(name).\(part)") {
    values[part] = try reference.tensor("\(name).\(part)")
  }
  let layer = try makeLayer(values)
  let input = leaf(try reference.tensor("\(name).input", as: Scalar.self))
  let output = layer(input)
  output.backward(gradient: try reference.tensor("\(name).upstream"))
  func expect(_ tensor: Tensor<Scalar>?, _ part: String) throws {
    let tensor = try #require(tensor, "\(name) has no \(part)")
    let error = tensor.relativeError(to: try reference.tensor("\(name).\(part)"))
    #expect(error <= tolerance, "\(part) of \(name) is off by \(error)", sourceLocation: sourceLocation)
  }
  try expect(output.value, "output")
  try expect(input.gradient, "gradient.input")
  for (part, parameter) in layer.namedParameters {
    try expect(parameter.gradientInFileOrder, "gradient.\(part)")
  }
}

/// Sets a layer's parameters to the values of the same names.
func filled<Scalar, L: Layer<Scalar>>(_ layer: L, _ values: [String: Tensor<Scalar>]) -> L {
  for (name, parameter) in layer.namedParameters {
    if let value = values[name] { parameter.value = value }
  }
  return layer
}
