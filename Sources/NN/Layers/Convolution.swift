public import Autograd
public import Tensor

/// A 2-D convolution of images `[N, H, W, C]`; see ``ConvolutionND``.
public typealias Conv2D<Scalar: TensorFloatingPointScalar> = ConvolutionND<Scalar, Planar>
/// A 3-D convolution of volumes `[N, D, H, W, C]`; see ``ConvolutionND``.
public typealias Conv3D<Scalar: TensorFloatingPointScalar> = ConvolutionND<Scalar, Volumetric>

/// A convolution with learned weights.
///
/// In two dimensions, with stride s, dilation d and padding p:
/// `y[n, i, j, k] = bias[k] + sum over (u, v, c) of x[n, i s + u d - p, j s + v d - p, c] weight[u, v, c, k]`
/// (cross-correlation, as everywhere in the field); elements outside the image are zero.
///
///     let conv = Conv2D<Float>(inputChannels: 1, outputChannels: 32, kernelSize: 3, padding: 1, using: &generator)
///     conv(Variable(images)).shape          // [N, H, W, 32]
public final class ConvolutionND<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Layer {
  /// `[kernel..., inputChannels, outputChannels]`.
  public let weight: Parameter<Scalar>
  /// `[outputChannels]`, or `nil` for a layer without.
  public let bias: Parameter<Scalar>?
  /// The step between outputs along each axis: 1.
  public let stride: KernelSteps
  /// Zeros put around the input along each axis: 0. Half of an odd kernel keeps the size.
  public let padding: KernelSteps
  /// The distance between neighbouring kernel elements: 1.
  public let dilation: KernelSteps
  /// How the convolution is computed; see `ConvolutionAlgorithm`.
  public var algorithm: ConvolutionAlgorithm = .fast

  /// A layer with the given weights.
  ///
  /// - Precondition: the weight has the rank's spatial axes and two more.
  public init(
    weight: Tensor<Scalar>, bias: Tensor<Scalar>?, stride: KernelSteps = 1, padding: KernelSteps = 0,
    dilation: KernelSteps = 1
  ) {
    shapePrecondition(
      weight.rank == Rank.axes + 2,
      "Conv\(Rank.axes)D needs a weight [kernel..., in, out], not \(weight.shape)")
    self.weight = Parameter(weight, layout: .convolution)
    self.bias = bias.map { Parameter($0) }
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
  }

  /// A layer with weights and biases drawn by `initializer`, for a square or cubic kernel.
  public convenience init(
    inputChannels: Int, outputChannels: Int, kernelSize: Int, stride: KernelSteps = 1,
    padding: KernelSteps = 0, dilation: KernelSteps = 1, bias: BiasPolicy = .learned,
    initializer: ParameterInitializer = .kaimingNormal(), using generator: inout some RandomNumberGenerator
  ) {
    let kernel = [Int](repeating: kernelSize, count: Rank.axes)
    let (weight, bias): (Tensor<Scalar>, Tensor<Scalar>?) = bias.drawn(
      by: initializer, TensorShape(kernel + [inputChannels, outputChannels]), layout: .convolution,
      using: &generator)
    self.init(weight: weight, bias: bias, stride: stride, padding: padding, dilation: dilation)
  }

  public var members: [ModuleMember<Scalar>] {
    [.parameter("weight", weight)] + (bias.map { [.parameter("bias", $0)] } ?? [])
  }

  /// `[N, spatial..., inputChannels]` to `[N, spatial'..., outputChannels]`.
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    Rank.axes == 2
      ? input.conv2D(
        weight.variable, bias: bias?.variable, stride: stride, padding: padding, dilation: dilation,
        algorithm: algorithm)
      : input.conv3D(
        weight.variable, bias: bias?.variable, stride: stride, padding: padding, dilation: dilation,
        algorithm: algorithm)
  }

  /// The convolution of two inputs side by side in the channels, without joining them in memory: for skip
  /// connections.
  public func callAsFunction(
    _ first: Variable<Scalar>, joinedWith second: Variable<Scalar>
  ) -> Variable<Scalar> {
    Rank.axes == 2
      ? first.conv2D(
        joinedWith: second, weight.variable, bias: bias?.variable, stride: stride, padding: padding,
        dilation: dilation, algorithm: algorithm)
      : first.conv3D(
        joinedWith: second, weight.variable, bias: bias?.variable, stride: stride, padding: padding,
        dilation: dilation, algorithm: algorithm)
  }
}

/// Whether a layer adds a learned bias.
public enum BiasPolicy: Sendable {
  /// A bias that starts as the layer's initializer draws it.
  case learned
  /// No bias.
  case none

  /// The weights of a shape `[kernel..., in, out]`, then the bias.
  func drawn<Scalar: TensorFloatingPointScalar>(
    by initializer: ParameterInitializer, _ shape: TensorShape, layout: ParameterLayout,
    using generator: inout some RandomNumberGenerator
  ) -> (weight: Tensor<Scalar>, bias: Tensor<Scalar>?) {
    let weight: Tensor<Scalar> = initializer.weights(shape, layout: layout, using: &generator)
    guard self == .learned else { return (weight, nil) }
    return (weight, initializer.biases(besideWeights: shape, layout: layout, using: &generator))
  }
}
