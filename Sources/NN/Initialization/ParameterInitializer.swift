public import Tensor

/// How the weights and the biases of a layer are drawn.
///
/// The fan-in of a convolution is its input channels times its kernel's elements, of a linear layer its inputs; the
/// fan-out counts outputs. For a transposed convolution fan-in and fan-out change places, as PyTorch counts them from
/// its weight `[in, out, kernel...]`.
///
/// SuperCL's released code pre-trains from ``pyTorchDefault`` and fine-tunes from ``kaimingNormal(negativeSlope:)``.
/// The two are not alike: with one fan-in the second is 2.45 times as wide, so that one learning rate means two steps.
public enum ParameterInitializer: Sendable, Equatable, Codable {
  /// Weights and biases alike uniform in `+-1 / sqrt(fan-in)`, variance `1 / (3 fan-in)`: what PyTorch's `Conv2d`,
  /// `ConvTranspose2d` and `Linear` begin with. Source: `reset_parameters` of those layers, Kaiming uniform with
  /// `a = sqrt(5)`.
  case pyTorchDefault
  /// Weights normal, variance `2 / ((1 + a^2) fan-in)`, for leaky ReLU of slope a (.01 as in SuperCL's released
  /// code for fine-tuning; 0 for ReLU); biases 0. Source: He et al., ICCV 2015, equation 15.
  case kaimingNormal(negativeSlope: Double = 0.01)
  /// Weights uniform with the same variance; biases 0.
  case kaimingUniform(negativeSlope: Double = 0.01)
  /// Weights normal, variance `2 / (fan-in + fan-out)`; biases 0. Source: Glorot and Bengio, AISTATS 2010, equation 12.
  case xavierNormal
  /// Weights uniform with the same variance (equation 16 there); biases 0.
  case xavierUniform
  /// Weights normal with this deviation, whatever the fan-in; biases 0. DINO and DeSD begin their heads with .02.
  case normal(standardDeviation: Double)
  /// Every weight the same; biases 0.
  case constant(Double)

  /// Weights of a shape `[kernel..., in, out]`.
  ///
  /// - Precondition: at least the two axes of inputs and outputs.
  public func weights<Scalar: TensorFloatingPointScalar>(
    _ shape: TensorShape, layout: ParameterLayout, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Scalar> {
    let (fanIn, fanOut) = Self.fans(of: shape, layout: layout)
    switch self {
    case .pyTorchDefault: return uniform(shape, variance: 1 / (3 * fanIn), using: &generator)
    case .kaimingNormal(let slope):
      return normal(shape, variance: 2 / ((1 + slope * slope) * fanIn), using: &generator)
    case .kaimingUniform(let slope):
      return uniform(shape, variance: 2 / ((1 + slope * slope) * fanIn), using: &generator)
    case .xavierNormal: return normal(shape, variance: 2 / (fanIn + fanOut), using: &generator)
    case .xavierUniform: return uniform(shape, variance: 2 / (fanIn + fanOut), using: &generator)
    case .normal(let deviation): return normal(shape, variance: deviation * deviation, using: &generator)
    case .constant(let value): return Tensor(repeating: Scalar(value), shape: shape)
    }
  }

  /// The biases `[out]` beside weights of a shape `[kernel..., in, out]`: zeros, but for ``pyTorchDefault``.
  ///
  /// - Precondition: at least the two axes of inputs and outputs.
  public func biases<Scalar: TensorFloatingPointScalar>(
    besideWeights shape: TensorShape, layout: ParameterLayout,
    using generator: inout some RandomNumberGenerator
  ) -> Tensor<Scalar> {
    let (fanIn, _) = Self.fans(of: shape, layout: layout)
    guard self == .pyTorchDefault else { return Tensor(zeros: [shape[-1]]) }
    return uniform([shape[-1]], variance: 1 / (3 * fanIn), using: &generator)
  }

  private static func fans(of shape: TensorShape, layout: ParameterLayout) -> (in: Double, out: Double) {
    shapePrecondition(shape.rank >= 2, "weights have the axes [kernel..., in, out], not \(shape)")
    let kernel = shape.dimensions.dropLast(2).reduce(1, *)
    let (inputs, outputs) = (Double(kernel * shape[-2]), Double(kernel * shape[-1]))
    return layout == .transposedConvolution ? (outputs, inputs) : (inputs, outputs)
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
