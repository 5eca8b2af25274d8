public import Autograd
public import Tensor

/// A 2-D transposed convolution; see ``TransposedConvolutionND``.
public typealias ConvTranspose2D<Scalar: TensorFloatingPointScalar> = TransposedConvolutionND<Scalar, Planar>
/// A 3-D transposed convolution; see ``TransposedConvolutionND``.
public typealias ConvTranspose3D<Scalar: TensorFloatingPointScalar> = TransposedConvolutionND<
  Scalar, Volumetric
>

/// A transposed convolution `[N, spatial..., C]` to `[N, (spatial - 1) s + kernel..., K]` with stride s: the adjoint of
/// a convolution, and with kernel 2 and stride 2 the learned upsampling of U-Net.
public final class TransposedConvolutionND<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Layer {
  /// `[kernel..., inputChannels, outputChannels]`.
  public let weight: Parameter<Scalar>
  /// `[outputChannels]`, or `nil` for a layer without.
  public let bias: Parameter<Scalar>?
  /// The step between the places where inputs are put: 2.
  public let stride: KernelSteps

  /// A layer with the given weights.
  ///
  /// - Precondition: the weight has the rank's spatial axes and two more.
  public init(weight: Tensor<Scalar>, bias: Tensor<Scalar>?, stride: KernelSteps = 2) {
    shapePrecondition(
      weight.rank == Rank.axes + 2,
      "ConvTranspose\(Rank.axes)D needs a weight [kernel..., in, out], not \(weight.shape)")
    self.weight = Parameter(weight, layout: .transposedConvolution)
    self.bias = bias.map { Parameter($0) }
    self.stride = stride
  }

  /// A layer with weights and biases drawn by `initializer`, for a square or cubic kernel.
  public convenience init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int = 2, stride: KernelSteps = 2,
    bias: BiasPolicy = .learned, initializer: ParameterInitializer = .kaimingNormal(),
    using generator: inout some RandomNumberGenerator
  ) {
    self.init(
      inputChannels: inputChannels, outputChannels: outputChannels,
      kernel: [Int](repeating: kernelSize, count: Rank.axes), stride: stride, bias: bias,
      initializer: initializer, using: &generator)
  }

  /// A layer whose kernel has a size of its own along each axis.
  ///
  /// - Precondition: the kernel has the rank's axes.
  public convenience init(
    inputChannels: Int, outputChannels: Int, kernel: [Int], stride: KernelSteps, bias: BiasPolicy = .learned,
    initializer: ParameterInitializer = .kaimingNormal(), using generator: inout some RandomNumberGenerator
  ) {
    let (weight, bias): (Tensor<Scalar>, Tensor<Scalar>?) = bias.drawn(
      by: initializer, TensorShape(kernel + [inputChannels, outputChannels]), layout: .transposedConvolution,
      using: &generator)
    self.init(weight: weight, bias: bias, stride: stride)
  }

  public var members: [ModuleMember<Scalar>] {
    [.parameter("weight", weight)] + (bias.map { [.parameter("bias", $0)] } ?? [])
  }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    Rank.axes == 2
      ? input.transposedConv2D(weight.variable, bias: bias?.variable, stride: stride)
      : input.transposedConv3D(weight.variable, bias: bias?.variable, stride: stride)
  }
}
