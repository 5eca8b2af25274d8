/// Euclidean lengths that neither overflow nor vanish where the length itself does not: the largest element is taken
/// out before squaring, as in `hypot`.
package enum EuclideanLength {
  /// The length of all elements; NaN and infinity where an element is.
  ///
  /// A plain sum of squares comes first, and only where it leaves the range of the type, the scaled one. The result is in
  /// `Double`, which holds the length of any tensor of `Float`.
  package static func length<Scalar>(of tensor: Tensor<Scalar>) -> Double
  where Scalar: TensorFloatingPointScalar {
    let square = tensor.squared().sum().item
    if square.isFinite, square >= Scalar.leastNormalMagnitude / Scalar.ulpOfOne {
      return square.doubleValue.squareRoot()
    }
    return tensor.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return 0 }
      let (largest, root) = parts(start, count: buffer.count)
      return largest.isFinite && largest > 0 ? largest.doubleValue * root.doubleValue : largest.doubleValue
    }
  }

  /// The length of numbers.
  package static func length(of numbers: [Double]) -> Double {
    numbers.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return 0 }
      let (largest, root) = parts(start, count: buffer.count)
      return largest.isFinite && largest > 0 ? largest * root : largest
    }
  }

  /// The largest magnitude m, and the root of the sum of `(x_k / m)^2`: the length is their product. NaN and infinity come
  /// back as m, with a root that means nothing; so does 0.
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Float)
  package static func parts<Scalar: TensorFloatingPointScalar>(
    _ values: UnsafePointer<Scalar>, count: Int
  ) -> (largest: Scalar, root: Scalar) {
    var largest: Scalar = 0
    for index in 0..<count where !(values[index].magnitude <= largest) {
      largest = values[index].magnitude
      if largest.isNaN { return (largest, 1) }
    }
    guard largest.isFinite, largest > 0 else { return (largest, 1) }
    var sum = 0.0
    for index in 0..<count {
      let share = (values[index] / largest).doubleValue
      sum += share * share
    }
    return (largest, Scalar(converting: sum.squareRoot()))
  }
}
