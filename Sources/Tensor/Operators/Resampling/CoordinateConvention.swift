/// Where the pixels of a resized row lie in the original one.
///
/// From length `n` to length `m`, target pixel `i` reads the position
///
/// | case | position | elsewhere |
/// |---|---|---|
/// | `halfPixelCenters` | `(i + 1/2) n / m - 1/2` | PyTorch `align_corners=False`, MONAI, scikit-image, OpenCV |
/// | `alignedCorners` | `i (n - 1) / (m - 1)`, 0 for `m = 1` | PyTorch `align_corners=True`, SciPy `zoom` |
/// | `cornerOrigin` | `i n / m` | PyTorch's `nearest`, strided subsampling |
///
/// Nearest interpolation takes the pixel that contains the position: rounded half up in the first two
/// cases, rounded down in the last. With integers throughout, so that no rounding error shifts a label.
public enum CoordinateConvention: Hashable, Sendable {
  /// Pixels are squares; the outer edges of both images coincide.
  case halfPixelCenters
  /// Pixels are points; the centers of the first and last pixels coincide.
  case alignedCorners
  /// Pixels are squares named by their upper left corner; reducing by a whole factor `s` takes every `s`-th.
  case cornerOrigin

  /// The position of target pixel `index` in the source.
  package func position(of index: Int, from source: Int, to target: Int) -> Double {
    switch self {
    case .halfPixelCenters: (Double(index) + 0.5) * Double(source) / Double(target) - 0.5
    case .alignedCorners: target == 1 ? 0 : Double(index) * Double(source - 1) / Double(target - 1)
    case .cornerOrigin: Double(index) * Double(source) / Double(target)
    }
  }

  /// The pixel that target pixel `index` takes over in nearest interpolation.
  package func nearest(of index: Int, from source: Int, to target: Int) -> Int {
    switch self {
    case .halfPixelCenters: (2 * index + 1) * source / (2 * target)
    case .alignedCorners:
      target == 1 ? 0 : (2 * index * (source - 1) + (target - 1)) / (2 * (target - 1))
    case .cornerOrigin: index * source / target
    }
  }
}
