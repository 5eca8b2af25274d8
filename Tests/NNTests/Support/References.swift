import Autograd
import Foundation
import NN
import Tensor
import TestSupport

/// The file of a name in Fixtures.
func fixture(_ name: String, _ type: String) throws -> URL {
  guard let url = Bundle.module.url(forResource: name, withExtension: type, subdirectory: "Fixtures") else {
    throw MissingReference(name: "\(name).\(type)")
  }
  return url
}

/// A leaf that tracks its gradient.
func leaf<Scalar>(_ value: Tensor<Scalar>) -> Variable<Scalar> { Variable(value, requiresGradient: true) }

/// Elements of mean 0 and variance 1, the same for the same seed.
func testTensor<Scalar: TensorFloatingPointScalar>(
  _ shape: TensorShape, seed: UInt64 = 7, of type: Scalar.Type = Scalar.self
) -> Tensor<Scalar> {
  var generator = SplitMix64(seed: seed)
  return Tensor(normalWithMean: 0, standardDeviation: 1, shape: shape, using: &generator)
}

/// Labels in `0..<classes`, the same for the same seed.
func testLabels(_ shape: TensorShape, classes: Int, seed: UInt64 = 5) -> Tensor<Int32> {
  var generator = SplitMix64(seed: seed)
  return Tensor(
    (0..<shape.elementCount).map { _ in Int32.random(in: 0..<Int32(classes), using: &generator) },
    shape: shape)
}

/// Whether the gradient of a function agrees with finite differences.
func checkGradient(
  at points: [Tensor<Double>], seed: UInt64 = 1, _ function: ([Variable<Double>]) -> Variable<Double>
) -> GradientCheck.Result {
  var generator = SplitMix64(seed: seed)
  return GradientCheck().run(at: points, using: &generator, function)
}

extension Parameter {
  /// The gradient in the order of files.
  var gradientInFileOrder: Tensor<Scalar>? {
    gradient.map { $0.permuted(layout.fileOrder(rank: shape.rank)) }
  }
}
