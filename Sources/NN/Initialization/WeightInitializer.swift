import Foundation
public import Tensor

/// How the weights of a layer are drawn. The fan-in of a convolution is its input channels times its kernel's
/// elements, of a linear layer its inputs; the fan-out counts outputs.
public enum WeightInitializer: Sendable {
  /// Normal, variance `2 / ((1 + a^2) fan-in)`, for leaky ReLU of slope a (.01, as the paper's code; 0 for ReLU).
  /// Source: He et al., ICCV 2015, equation 15.
  case kaimingNormal(negativeSlope: Double = 0.01)
  /// Uniform with the same variance.
  case kaimingUniform(negativeSlope: Double = 0.01)
  /// Normal, variance `2 / (fan-in + fan-out)`. Source: Glorot and Bengio, AISTATS 2010, equation 12.
  case xavierNormal
  /// Uniform with the same variance (equation 16 there).
  case xavierUniform
  /// Every weight the same.
  case constant(Double)

  /// Weights of a shape `[kernel..., in, out]`.
  public func weights<Scalar: TensorFloatingPointScalar>(
    _ shape: TensorShape, layout: ParameterLayout, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Scalar> {
    shapePrecondition(shape.rank >= 2, "weights have the axes [kernel..., in, out], not \(shape)")
    let kernel = shape.dimensions.dropLast(2).reduce(1, *)
    // PyTorch counts the fan-in of a transposed convolution over its output channels, the first axis but one of
    // its file order; the same numbers are drawn from the same variance here.
    let isTransposed = layout == .transposedConvolution
    let fanIn = Double(kernel * (isTransposed ? shape[-1] : shape[-2]))
    let fanOut = Double(kernel * (isTransposed ? shape[-2] : shape[-1]))
    switch self {
    case .kaimingNormal(let slope):
      return normal(shape, variance: 2 / ((1 + slope * slope) * fanIn), using: &generator)
    case .kaimingUniform(let slope):
      return uniform(shape, variance: 2 / ((1 + slope * slope) * fanIn), using: &generator)
    case .xavierNormal: return normal(shape, variance: 2 / (fanIn + fanOut), using: &generator)
    case .xavierUniform: return uniform(shape, variance: 2 / (fanIn + fanOut), using: &generator)
    case .constant(let value): return Tensor(repeating: Scalar(value), shape: shape)
    }
  }

  private func normal<Scalar: TensorFloatingPointScalar>(
    _ shape: TensorShape, variance: Double, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Scalar> {
    Tensor(
      normalWithMean: 0, standardDeviation: Scalar(variance.squareRoot()), shape: shape, using: &generator)
  }

  private func uniform<Scalar: TensorFloatingPointScalar>(
    _ shape: TensorShape, variance: Double, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Scalar> {
    let bound = Scalar((3 * variance).squareRoot())
    return Tensor(uniform: -bound..<bound, shape: shape, using: &generator)
  }
}
