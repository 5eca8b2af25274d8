public import Autograd
public import Tensor

/// Normalises every channel of every image by itself: `y = weight (x - m) / sqrt(v + epsilon) + bias` with mean m and
/// biased variance v over the spatial axes.
///
/// An image of one pixel has no variance: it would become the bias, without a gradient, so training on it stops, as in
/// PyTorch. In evaluation it becomes the bias.
///
/// Source: Ulyanov, Vedaldi and Lempitsky, arXiv 1607.08022.
public final class InstanceNorm<Scalar: TensorFloatingPointScalar>: Layer {
  /// `[C]`, ones at first.
  public let weight: Parameter<Scalar>
  /// `[C]`, zeros at first.
  public let bias: Parameter<Scalar>
  /// Added to the variance under the root: 1e-5.
  public let epsilon: Scalar
  /// The slope of the fused leaky ReLU for negative values; 1 leaves the activation out.
  public let negativeSlope: Scalar
  /// Whether one pixel is refused; set by ``Module/setMode(_:)``. The statistics are the image's own in both modes.
  public private(set) var mode: ModuleMode = .training

  /// A layer for `channels`, which a negative slope of 1 leaves without activation.
  public init(channels: Int, epsilon: Scalar = 1e-5, negativeSlope: Scalar = 1) {
    weight = Parameter(Tensor(ones: [channels]))
    bias = Parameter(Tensor(zeros: [channels]))
    self.epsilon = epsilon
    self.negativeSlope = negativeSlope
  }

  public var members: [ModuleMember<Scalar>] { [.parameter("weight", weight), .parameter("bias", bias)] }

  public func modeDidChange(to mode: ModuleMode) { self.mode = mode }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    if mode == .training {
      let images = max(input.shape[0] * input.shape[-1], 1)
      checkStatistics("instance norm", of: input.shape, values: input.shape.elementCount / images)
    }
    return input.instanceNorm(
      weight: weight.variable, bias: bias.variable, epsilon: epsilon, negativeSlope: negativeSlope)
  }
}

/// Instance norm of images `[N, H, W, C]`; see ``InstanceNorm``.
public typealias InstanceNorm2D<Scalar: TensorFloatingPointScalar> = InstanceNorm<Scalar>
/// Instance norm of volumes `[N, D, H, W, C]`; see ``InstanceNorm``.
public typealias InstanceNorm3D<Scalar: TensorFloatingPointScalar> = InstanceNorm<Scalar>

/// Normalises groups of channels of every image: mean and variance over the group's channels and the spatial axes,
/// then a scale and a shift per channel.
///
/// A group of one channel and one pixel has no variance, and training on it stops, as in ``InstanceNorm``.
///
/// Source: Wu and He, ECCV 2018.
public final class GroupNorm<Scalar: TensorFloatingPointScalar>: Layer {
  /// `[C]`, ones at first.
  public let weight: Parameter<Scalar>
  /// `[C]`, zeros at first.
  public let bias: Parameter<Scalar>
  /// The number of groups that the channels are divided into.
  public let groups: Int
  /// Added to the variance under the root: 1e-5.
  public let epsilon: Scalar
  /// Whether a single value is refused; set by ``Module/setMode(_:)``. The statistics are the image's own in both modes.
  public private(set) var mode: ModuleMode = .training

  /// - Precondition: `groups` divides `channels`.
  public init(groups: Int, channels: Int, epsilon: Scalar = 1e-5) {
    shapePrecondition(
      groups > 0 && channels % groups == 0, "\(channels) channels do not divide into \(groups) groups")
    weight = Parameter(Tensor(ones: [channels]))
    bias = Parameter(Tensor(zeros: [channels]))
    self.groups = groups
    self.epsilon = epsilon
  }

  public var members: [ModuleMember<Scalar>] { [.parameter("weight", weight), .parameter("bias", bias)] }

  public func modeDidChange(to mode: ModuleMode) { self.mode = mode }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    if mode == .training {
      let sets = max(input.shape[0] * groups, 1)
      checkStatistics("group norm", of: input.shape, values: input.shape.elementCount / sets)
    }
    return input.groupNorm(groupCount: groups, weight: weight.variable, bias: bias.variable, epsilon: epsilon)
  }
}

/// Normalises the last axis of every position, with a scale and a shift per feature. A single feature becomes the bias,
/// as in PyTorch: that is known when the layer is made, and no batch changes it.
///
/// Source: Ba, Kiros and Hinton, arXiv 1607.06450.
public final class LayerNorm<Scalar: TensorFloatingPointScalar>: Layer {
  /// `[features]`, ones at first.
  public let weight: Parameter<Scalar>
  /// `[features]`, zeros at first.
  public let bias: Parameter<Scalar>
  /// Added to the variance under the root: 1e-5.
  public let epsilon: Scalar

  /// A layer for inputs with `features` along the last axis.
  public init(features: Int, epsilon: Scalar = 1e-5) {
    weight = Parameter(Tensor(ones: [features]))
    bias = Parameter(Tensor(zeros: [features]))
    self.epsilon = epsilon
  }

  public var members: [ModuleMember<Scalar>] { [.parameter("weight", weight), .parameter("bias", bias)] }

  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    input.layerNorm(weight: weight.variable, bias: bias.variable, epsilon: epsilon)
  }
}
