import CSuperCLKernels
import Tensor

/// Arithmetic on one row of numbers.
enum RowKernels {
  /// `sum_k a_k b_k`.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func dot<Scalar: TensorFloatingPointScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, count: Int
  ) -> Scalar {
    if Scalar.self == Float.self { return Scalar(scl_contrastive().pointee.dot(a.asFloat, b.asFloat, count)) }
    // Eight sums that do not wait for one another.
    var (s0, s1, s2, s3): (Scalar, Scalar, Scalar, Scalar) = (0, 0, 0, 0)
    var (s4, s5, s6, s7): (Scalar, Scalar, Scalar, Scalar) = (0, 0, 0, 0)
    var index = 0
    while index + 8 <= count {
      s0 += a[index] * b[index]
      s1 += a[index + 1] * b[index + 1]
      s2 += a[index + 2] * b[index + 2]
      s3 += a[index + 3] * b[index + 3]
      s4 += a[index + 4] * b[index + 4]
      s5 += a[index + 5] * b[index + 5]
      s6 += a[index + 6] * b[index + 6]
      s7 += a[index + 7] * b[index + 7]
      index += 8
    }
    var rest: Scalar = 0
    while index < count {
      rest += a[index] * b[index]
      index += 1
    }
    let low = (s0 + s1) + (s2 + s3)
    let high = (s4 + s5) + (s6 + s7)
    return (low + high) + rest
  }

  /// `target_k += factor source_k`.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func add<Scalar: TensorFloatingPointScalar>(
    _ target: UnsafeMutablePointer<Scalar>, _ source: UnsafePointer<Scalar>, factor: Scalar, count: Int
  ) {
    if Scalar.self == Float.self {
      scl_contrastive().pointee.add(target.asFloat, source.asFloat, Float(factor), count)
      return
    }
    for index in 0..<count { target[index] += factor * source[index] }
  }

  /// `target_k = scale target_k - factor source_k`.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func scaleAndSubtract<Scalar: TensorFloatingPointScalar>(
    _ target: UnsafeMutablePointer<Scalar>, scale: Scalar, source: UnsafePointer<Scalar>, factor: Scalar,
    count: Int
  ) {
    if Scalar.self == Float.self {
      scl_contrastive().pointee.scale_and_subtract(
        target.asFloat, Float(scale), source.asFloat, Float(factor), count)
      return
    }
    for index in 0..<count { target[index] = scale * target[index] - factor * source[index] }
  }
}
