public import Autograd
public import Tensor

/// Max pooling of images `[N, H, W, C]`; see ``MaxPoolND``.
public typealias MaxPool2D<Scalar: TensorFloatingPointScalar> = MaxPoolND<Scalar, Planar>
/// Max pooling of volumes `[N, D, H, W, C]`; see ``MaxPoolND``.
public typealias MaxPool3D<Scalar: TensorFloatingPointScalar> = MaxPoolND<Scalar, Volumetric>

/// The largest element of every window; of equal ones the first receives the gradient.
public final class MaxPoolND<Scalar: TensorFloatingPointScalar, Rank: SpatialRank>: Layer {
  /// Size, stride and padding of the windows.
  public let window: PoolingWindow

  /// Windows of `kernelSize` along every axis, `stride` apart (the kernel size unless given).
  public init(kernelSize: Int = 2, stride: Int? = nil, padding: Int = 0) {
    func all(_ value: Int) -> [Int] { [Int](repeating: value, count: Rank.axes) }
    window = PoolingWindow(all(kernelSize), stride: all(stride ?? kernelSize), padding: all(padding))
  }

  /// Windows of a size of their own along each axis.
  ///
  /// - Precondition: the window has the rank's axes.
  public init(window: PoolingWindow) {
    shapePrecondition(
      window.size.count == Rank.axes,
      "MaxPool\(Rank.axes)D needs a window of as many axes, not \(window.size)")
    self.window = window
  }

  public var members: [ModuleMember<Scalar>] { [] }
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> { input.maxPool(window) }
}

/// Enlarges images `[N, H, W, C]` by a whole factor.
public final class Upsample2D<Scalar: TensorFloatingPointScalar>: Layer {
  /// How the values between pixels are found.
  public enum Mode: Sendable {
    /// Every pixel repeated.
    case nearest
    /// Linear along both axes, pixel centres at half coordinates (PyTorch's `align_corners=False`).
    case bilinear
  }

  /// How many times larger the result is along each axis.
  public let factor: Int
  /// How the values between pixels are found.
  public let mode: Mode

  /// A layer of the given factor.
  ///
  /// - Precondition: the factor is at least 1.
  public init(factor: Int = 2, mode: Mode = .nearest) {
    shapePrecondition(factor >= 1, "an upsampling factor is at least 1, not \(factor)")
    self.factor = factor
    self.mode = mode
  }

  public var members: [ModuleMember<Scalar>] { [] }

  /// `[N, H, W, C]` to `[N, factor H, factor W, C]`.
  public func callAsFunction(_ input: Variable<Scalar>) -> Variable<Scalar> {
    shapePrecondition(input.shape.rank == 4, "Upsample2D needs images [N, H, W, C], not \(input.shape)")
    switch mode {
    case .nearest: return input.upsampledNearest(by: factor)
    case .bilinear: return input.resized(to: [factor * input.shape[1], factor * input.shape[2]])
    }
  }
}
