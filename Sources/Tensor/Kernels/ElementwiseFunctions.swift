#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The C library's functions for one scalar of either precision.
///
/// The comparison of types is settled at compile time in specialised code; what is left is a call.
enum ScalarMath {
  @inline(__always)
  private static func call<S: TensorFloatingPointScalar>(
    _ x: S, _ single: (Float) -> Float, _ double: (Double) -> Double
  ) -> S {
    if S.self == Float.self { return unsafeBitCast(single(unsafeBitCast(x, to: Float.self)), to: S.self) }
    return S(double(Double(x)))
  }

  @inline(__always)
  static func exponential<S: TensorFloatingPointScalar>(_ x: S) -> S { call(x, { expf($0) }, { exp($0) }) }
  @inline(__always)
  static func exponentialMinusOne<S: TensorFloatingPointScalar>(_ x: S) -> S {
    call(x, { expm1f($0) }, { expm1($0) })
  }
  @inline(__always)
  static func logarithm<S: TensorFloatingPointScalar>(_ x: S) -> S { call(x, { logf($0) }, { log($0) }) }
  @inline(__always)
  static func logarithmOnePlus<S: TensorFloatingPointScalar>(_ x: S) -> S {
    call(x, { log1pf($0) }, { log1p($0) })
  }
  @inline(__always)
  static func sine<S: TensorFloatingPointScalar>(_ x: S) -> S { call(x, { sinf($0) }, { sin($0) }) }
  @inline(__always)
  static func cosine<S: TensorFloatingPointScalar>(_ x: S) -> S { call(x, { cosf($0) }, { cos($0) }) }
  @inline(__always)
  static func hyperbolicTangent<S: TensorFloatingPointScalar>(_ x: S) -> S {
    call(x, { tanhf($0) }, { tanh($0) })
  }
  @inline(__always)
  static func errorFunction<S: TensorFloatingPointScalar>(_ x: S) -> S { call(x, { erff($0) }, { erf($0) }) }

  @inline(__always)
  static func power<S: TensorFloatingPointScalar>(_ x: S, _ exponent: S) -> S {
    call(
      x, { powf($0, Float(exponent)) }, { pow($0, Double(exponent)) })
  }

  /// 1 / (1 + e^-x), with the exponential of a number that is not positive, so that nothing overflows.
  @inline(__always)
  static func sigmoid<S: TensorFloatingPointScalar>(_ x: S) -> S {
    let e = exponential(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
  }

  /// log(1 + e^x) = max(x, 0) + log(1 + e^-|x|).
  @inline(__always)
  static func softplus<S: TensorFloatingPointScalar>(_ x: S) -> S {
    larger(x, 0) + logarithmOnePlus(exponential(-x.magnitude))
  }

  /// x Phi(x) with the distribution function Phi of the standard normal.
  @inline(__always)
  static func gelu<S: TensorFloatingPointScalar>(_ x: S) -> S {
    x / 2 * (1 + errorFunction(x * S(0.7071067811865476)))
  }

  /// -1, 0 or 1; NaN stays.
  @inline(__always)
  static func sign<S: TensorFloatingPointScalar>(_ x: S) -> S { x > 0 ? 1 : x < 0 ? -1 : x }

  /// Phi(x) + x phi(x) with the density phi of the standard normal.
  @inline(__always)
  static func geluDerivative<S: TensorFloatingPointScalar>(_ x: S) -> S {
    let distribution: S = (1 + errorFunction(x * S(0.7071067811865476))) / 2
    let density: S = exponential(-x * x / 2) * S(0.3989422804014327)
    return distribution + x * density
  }
}
