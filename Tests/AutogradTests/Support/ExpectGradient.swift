package import Autograd
package import Tensor
import TestSupport
package import Testing

/// Expects that the gradient of `function` agrees with finite differences at each of `points`.
///
/// `name` is the operator's name as in Sources/Autograd/Operators: the enumeration of public operators
/// (OperatorCoverageTests) reads it from the calls, so it must be a literal.
package func expectGradient(
  of name: String, at points: [Tensor<Double>], seed: UInt64 = 1, check: GradientCheck = GradientCheck(),
  sourceLocation: SourceLocation = #_sourceLocation,
  _ function: ([Variable<Double>]) -> Variable<Double>
) {
  var generator = SplitMix64(seed: seed)
  let result = check.run(at: points, using: &generator, function)
  #expect(result.passes, "\(name): \(result)", sourceLocation: sourceLocation)
}

/// Normal-looking elements in [-3, 3] for tests, the same for the same seed.
package func testTensor(_ shape: TensorShape, seed: UInt64 = 7) -> Tensor<Double> {
  var generator = SplitMix64(seed: seed)
  return Tensor(shape: shape) { buffer in
    for index in buffer.indices {
      buffer[index] = (0..<12).reduce(-6) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
    }
  }
}

/// Elements in random order that are at least .1 apart: no step of a finite difference changes which one is
/// larger.
package func distinct(_ shape: TensorShape, seed: UInt64 = 7) -> Tensor<Double> {
  var generator = SplitMix64(seed: seed)
  return
    (Tensor<Double>(converting: Tensor<Int32>(permutation: shape.elementCount, using: &generator)) * 0.1 - 1)
    .reshaped(shape)
}
