/// How a convolution is computed.
///
/// `Double` is always computed exactly; the choice concerns `Float`.
public enum ConvolutionAlgorithm: Hashable, Sendable {
  /// The fastest path for the shape: Winograd's F(4x4, 3x3) for 3x3 kernels of stride 1 with at least 16
  /// channels on both sides, the direct form otherwise.
  ///
  /// Winograd multiplies a quarter as often and rounds about five times as coarsely (relative L2 error
  /// 1e-6 at 64 channels). A NaN or an infinity in the input reaches every output of the 4x4 tiles that
  /// see it, where the direct form keeps it to the outputs that read it.
  case fast
  /// Every product of the definition, added in `Float`: NaN and infinity go exactly where IEEE arithmetic
  /// takes them.
  case exact
}
