import Tensor

/// Arithmetic on rows that are divided by their lengths, for lengths whose squares no number holds.
///
/// The plain form, one vectorised product, serves wherever no square can overflow or vanish; the careful one takes
/// the length out of every element first.
extension RowKernels {
  /// Factors to unit length between which products of two rows neither overflow nor vanish, in 32 bits too.
  @inline(__always)
  private static func isPlain<Scalar: TensorFloatingPointScalar>(_ scale: Scalar) -> Bool {
    scale >= 0x1p-41 && scale <= 0x1p41
  }

  /// `1 / max(|x|, minimum)`; NaN for a row with an element that is not finite.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func inverseLength<Scalar: TensorFloatingPointScalar>(
    _ row: UnsafePointer<Scalar>, count: Int, minimum: Scalar
  ) -> Scalar {
    let square = dot(row, row, count: count)
    // Below, elements that count may have lost their squares; they do not matter below the minimum length.
    let smallest = Scalar.leastNormalMagnitude / Scalar.ulpOfOne
    if square.isFinite, square >= smallest || minimum * minimum >= smallest {
      return 1 / max(square.squareRoot(), minimum)
    }
    let (largest, root) = EuclideanLength.parts(row, count: count)
    // 0 times infinity or NaN is NaN.
    guard largest.isFinite else { return largest * 0 }
    guard largest > 0 else { return 1 / minimum }
    return Scalar(converting: min(1 / minimum.doubleValue, 1 / largest.doubleValue / root.doubleValue))
  }

  /// `(s a) . (t b)` for rows a and b with factors s and t.
  @inline(__always)
  static func dot<Scalar: TensorFloatingPointScalar>(
    _ a: UnsafePointer<Scalar>, scaledBy s: Scalar, _ b: UnsafePointer<Scalar>, scaledBy t: Scalar, count: Int
  ) -> Scalar {
    if isPlain(s), isPlain(t) { return dot(a, b, count: count) * s * t }
    var sum: Scalar = 0
    for index in 0..<count { sum += (a[index] * s) * (b[index] * t) }
    return sum
  }

  /// `target_k += factor (scale source_k)`.
  @inline(__always)
  static func add<Scalar: TensorFloatingPointScalar>(
    _ target: UnsafeMutablePointer<Scalar>, _ source: UnsafePointer<Scalar>, scaledBy scale: Scalar,
    factor: Scalar, count: Int
  ) {
    if isPlain(scale) { return add(target, source, factor: factor * scale, count: count) }
    for index in 0..<count { target[index] += factor * (scale * source[index]) }
  }

  /// `target_k = f (s a_k) + g (t b_k)` for rows a and b with scales s and t and factors f and g.
  ///
  /// Each product is rounded by itself, so that equal ones of opposite signs cancel: a fused multiplication would leave the
  /// rounding of one of them.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func combine<Scalar: TensorFloatingPointScalar>(
    _ target: UnsafeMutablePointer<Scalar>, _ a: UnsafePointer<Scalar>, scaledBy s: Scalar, factor f: Scalar,
    _ b: UnsafePointer<Scalar>, scaledBy t: Scalar, factor g: Scalar, count: Int
  ) {
    for index in 0..<count { target[index] = f * (s * a[index]) + g * (t * b[index]) }
  }

  /// Takes a gradient by a unit row `z = scale source` to that by the row itself, in place:
  /// `dx = (dz - z (z . dz)) scale`. A row shorter than the minimum length was divided by a constant, and so is its
  /// gradient; a row of zeros has no direction, and its gradient is 0.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  static func differentiateUnitRow<Scalar: TensorFloatingPointScalar>(
    _ target: UnsafeMutablePointer<Scalar>, source: UnsafePointer<Scalar>, scale: Scalar, minimum: Scalar,
    count: Int
  ) {
    if scale >= 1 / minimum {
      let isZero = (0..<count).allSatisfy { source[$0] == 0 }
      for index in 0..<count { target[index] = isZero ? 0 : target[index] * scale }
    } else if isPlain(scale) {
      let along = dot(source, target, count: count) * scale * scale
      scaleAndSubtract(target, scale: scale, source: source, factor: along * scale, count: count)
    } else {
      var along: Scalar = 0
      for index in 0..<count { along += (source[index] * scale) * target[index] }
      for index in 0..<count { target[index] = (target[index] - (source[index] * scale) * along) * scale }
    }
  }
}
