#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a value between pixel centers is made from the pixels around it.
///
/// The image is continued to all sides by a ``BorderMode`` first; every case then means the same formula
/// everywhere. `x` is the position, `f` its floor, `t = x - f`, `p[k]` the pixels of a row.
public enum Interpolation: Hashable, Sendable {
  /// The pixel whose center is nearest; halves go up.
  case nearest
  /// `(1 - t) p[f] + t p[f + 1]`: bilinear in two dimensions, trilinear in three.
  case linear
  /// The mean of the pixels that a target pixel touches when a row is resized: `p[k]` for
  /// `floor(i n / m) <= k < ceil((i + 1) n / m)`, from length `n` to `m` (PyTorch's and MONAI's `area`).
  /// For resizing only.
  case area
  /// Keys' cubic convolution over four pixels, with its free coefficient `a`: -0.75 in PyTorch and OpenCV,
  /// -0.5 (Catmull-Rom) in Pillow. It overshoots at edges.
  ///
  /// Source: Keys, IEEE TASSP 29 (1981), equation 15 for `a = -0.5`.
  case cubicConvolution(coefficient: Double = -0.75)
  /// The cubic B-spline that passes through all pixels: SciPy's `order=3` and scikit-image's, smoother than
  /// ``cubicConvolution(coefficient:)``. It depends on all pixels of a row, those at a distance `d` with
  /// weights that shrink like `0.268^d`.
  ///
  /// Source: Unser, IEEE Signal Processing Magazine 16 (1999).
  case cubicSpline

  /// The number of coefficients that a position reads.
  var tapCount: Int {
    switch self {
    case .nearest: 1
    case .linear: 2
    case .area: 0
    case .cubicConvolution, .cubicSpline: 4
    }
  }

  /// The index of the first coefficient that position `x` reads.
  @inline(__always)
  func firstTap<Scalar: BinaryFloatingPoint>(at x: Scalar) -> Int {
    switch self {
    case .nearest: Int((x + 0.5).rounded(.down))
    case .linear, .area: Int(x.rounded(.down))
    case .cubicConvolution, .cubicSpline: Int(x.rounded(.down)) - 1
    }
  }

  /// Writes the weights of the ``tapCount`` coefficients from ``firstTap(at:)`` on. Those of the spline belong
  /// to its coefficients, not to the pixels.
  @inline(__always)
  func weigh<Scalar: BinaryFloatingPoint>(_ x: Scalar, into weights: UnsafeMutablePointer<Scalar>) {
    let t = x - x.rounded(.down)
    switch self {
    case .nearest: weights[0] = 1
    case .linear, .area:
      weights[0] = 1 - t
      weights[1] = t
    case .cubicConvolution(let coefficient):
      let a = Scalar(coefficient)
      // |d| <= 1: (a + 2)|d|^3 - (a + 3)|d|^2 + 1; |d| < 2: a|d|^3 - 5a|d|^2 + 8a|d| - 4a
      let s = 1 - t
      weights[0] = (((t + 1) * a - 5 * a) * (t + 1) + 8 * a) * (t + 1) - 4 * a
      weights[1] = ((a + 2) * t - (a + 3)) * t * t + 1
      weights[2] = ((a + 2) * s - (a + 3)) * s * s + 1
      weights[3] = (((s + 1) * a - 5 * a) * (s + 1) + 8 * a) * (s + 1) - 4 * a
    case .cubicSpline:
      let s = 1 - t
      weights[0] = s * s * s / 6
      weights[1] = (3 * t - 6) * t * t / 6 + Scalar(2) / 3
      weights[2] = (3 * s - 6) * s * s / 6 + Scalar(2) / 3
      weights[3] = t * t * t / 6
    }
  }
}

/// The filter that turns pixels into coefficients of the cubic B-spline through them.
enum SplineFilter {
  /// The pole of the filter, `sqrt(3) - 2`.
  static let pole = 3.0.squareRoot() - 2

  /// The weight of the pixel at `distance`: `sqrt(3) pole^|distance|`.
  static func weight(distance: Int) -> Double { 3.0.squareRoot() * pow(pole, Double(abs(distance))) }

  /// The distance from which on weights are below the rounding error of the scalar.
  static func radius<Scalar: BinaryFloatingPoint>(_: Scalar.Type) -> Int {
    Scalar.significandBitCount < 30 ? 14 : 30
  }
}
