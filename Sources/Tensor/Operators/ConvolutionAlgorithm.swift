/// How a convolution is computed.
///
/// `Double` is always computed exactly; the choice concerns `Float`.
public enum ConvolutionAlgorithm: Hashable, Sendable {
  /// The fastest path for the shape: Winograd's F(4x4, 3x3) for 3x3 kernels of stride 1 with at least 16
  /// channels on both sides, the direct form otherwise. Of k x 3 x 3 kernels on volumes, each of the k planes is
  /// computed so.
  ///
  /// Winograd multiplies a quarter as often and rounds about five times as coarsely (relative L2 error
  /// 1e-6 at 64 channels). A NaN or an infinity in the input reaches every output of the 4x4 tiles that
  /// see it, where the direct form keeps it to the outputs that read it.
  case fast
  /// Every product of the definition, added in `Float`: NaN and infinity go exactly where IEEE arithmetic
  /// takes them.
  case exact
}

/// The ways to compute a convolution and its gradients.
enum ConvolutionPath: Hashable, Sendable {
  /// Windows copied to rows and multiplied by OpenBLAS.
  case windows
  /// The micro-kernel on shifted rows of pixels; strides cost nothing extra in either direction.
  case direct
  /// F(4x4, 3x3).
  case winograd

  /// The table that chooses, read from the top:
  ///
  /// | scalar | algorithm | kernel | stride, dilation | channels | path |
  /// |---|---|---|---|---|---|
  /// | Double | any | any | any | any | windows |
  /// | Float | fast | 3x3, k x 3 x 3 | 1 | both at least 16 | Winograd |
  /// | Float | any | any | any | any | direct |
  init<Scalar>(
    _ geometry: ConvolutionGeometry, _ algorithm: ConvolutionAlgorithm, scalar: Scalar.Type
  ) {
    if Scalar.self != Float.self {
      self = .windows
    } else if algorithm == .fast, geometry.is3x3InPlane, geometry.inputChannels >= 16,
      geometry.outputChannels >= 16
    {
      self = .winograd
    } else {
      self = .direct
    }
  }
}

extension ConvolutionGeometry {
  /// A kernel of 3x3 in the plane, of stride and dilation 1 along every axis.
  fileprivate var is3x3InPlane: Bool {
    let one = SpatialExtent([1, 1, 1])
    return kernel.height == 3 && kernel.width == 3 && stride == one && dilation == one
  }
}
