import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport

/// Fixtures/losses.npz; see PROVENANCE.md there.
func lossReferences() throws -> ReferenceValues { try ReferenceValues("losses", in: .module) }

/// The network of Fixtures/supercl_step.safetensors: widths 4, 8, 8, 8, 16, projector 16 -> 16 -> 12.
func referenceNetwork<Scalar: TensorFloatingPointScalar>(
  _ type: Scalar.Type = Scalar.self
) throws -> SuperCLNetwork<Scalar> {
  guard
    let url = Bundle.module.url(
      forResource: "supercl_step", withExtension: "safetensors", subdirectory: "Fixtures")
  else { throw MissingReference(name: "supercl_step.safetensors") }
  var generator = SplitMix64(seed: 1)
  let configuration = UNetConfiguration(widths: [4, 8, 8, 8, 16])
  let network = SuperCLNetwork<Scalar>(
    encoder: UNetEncoder(configuration, using: &generator),
    projector: ProjectionHead(
      inputFeatures: 16, hiddenFeatures: 16, outputFeatures: 12, using: &generator))
  try network.load(from: url)
  return network
}

/// A leaf that tracks its gradient.
func leaf<Scalar>(_ value: Tensor<Scalar>) -> Variable<Scalar> { Variable(value, requiresGradient: true) }

/// Elements of mean 0 and variance 1, the same for the same seed.
func testRows(_ shape: TensorShape, seed: UInt64 = 7) -> Tensor<Double> {
  var generator = SplitMix64(seed: seed)
  return Tensor(normalWithMean: 0, standardDeviation: 1, shape: shape, using: &generator)
}

/// Whether the gradient of a function agrees with finite differences.
func checkGradient(
  at points: [Tensor<Double>], seed: UInt64 = 1, _ function: ([Variable<Double>]) -> Variable<Double>
) -> GradientCheck.Result {
  var generator = SplitMix64(seed: seed)
  return GradientCheck().run(at: points, using: &generator, function)
}

/// The rows of the check values: `F[i][c] = sin(1 + 0.7 i + 1.3 c) + 0.25 cos(0.5 i c)`, i in 0..<8, c in 0..<3.
let checkRows = Tensor<Double>(shape: [8, 3]) { buffer in
  for i in 0..<8 {
    for c in 0..<3 {
      buffer[3 * i + c] = sin(1 + 0.7 * Double(i) + 1.3 * Double(c)) + 0.25 * cos(0.5 * Double(i * c))
    }
  }
}
