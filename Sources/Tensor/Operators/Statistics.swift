extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The arithmetic mean along `axes`: sum / n; NaN where there are no elements.
  ///
  ///     Tensor<Float>(rows: [[1, 2], [3, 6]]).mean(along: 0)   // [2, 4]
  ///
  /// - Precondition: the axes exist, none twice.
  public func mean(along axes: [Int]) -> Tensor {
    sum(along: axes) / Scalar(reducedCount(along: axes))
  }

  /// The mean along one axis; NaN where it has no elements.
  public func mean(along axis: Int) -> Tensor { mean(along: [axis]) }

  /// The mean of all elements.
  public func mean() -> Tensor { flattened().mean(along: [0]) }

  /// The variance along `axes`: sum (x - mean)^2 / (n - correction), in two passes, so that a large mean
  /// costs no digits.
  ///
  /// - Parameter correction: 1, the default, for the unbiased estimate from a sample (n - 1); 0 for the
  ///   population's. The result is NaN or infinite when n <= correction.
  /// - Parameter axes: The axes to reduce.
  /// - Precondition: the axes exist, none twice.
  public func variance(along axes: [Int], correction: Int = 1) -> Tensor {
    let normalized = Reduction.normalized(axes, in: shape)
    let mean = mean(along: normalized).reshaped(shape.keeping(reduced: normalized))
    let squares = (self - mean).squared().sum(along: normalized)
    return squares / Scalar(Swift.max(0, reducedCount(along: normalized) - correction))
  }

  /// The variance along one axis.
  public func variance(along axis: Int, correction: Int = 1) -> Tensor {
    variance(along: [axis], correction: correction)
  }

  /// The variance of all elements.
  public func variance(correction: Int = 1) -> Tensor {
    flattened().variance(along: [0], correction: correction)
  }

  /// The square root of `variance(along:correction:)`.
  public func standardDeviation(along axes: [Int], correction: Int = 1) -> Tensor {
    variance(along: axes, correction: correction).sqrt()
  }

  /// The standard deviation along one axis.
  public func standardDeviation(along axis: Int, correction: Int = 1) -> Tensor {
    standardDeviation(along: [axis], correction: correction)
  }

  /// The standard deviation of all elements.
  public func standardDeviation(correction: Int = 1) -> Tensor {
    variance(correction: correction).sqrt()
  }

  /// The Euclidean norm along `axes`: sqrt(sum x^2); 0 where there are no elements. Squares are not scaled:
  /// elements beyond the root of the largest number overflow to infinity.
  ///
  /// - Precondition: the axes exist, none twice.
  public func norm(along axes: [Int]) -> Tensor { squared().sum(along: axes).sqrt() }

  /// The Euclidean norm along one axis.
  public func norm(along axis: Int) -> Tensor { norm(along: [axis]) }

  /// The Euclidean norm of all elements.
  public func norm() -> Tensor { flattened().norm(along: [0]) }

  /// log sum e^x along `axes`, computed as m + log sum e^(x - m) with the largest element m, so that nothing
  /// overflows; -infinity where there are no elements or all are -infinity.
  ///
  /// - Precondition: the axes exist, none twice.
  public func logSumExp(along axes: [Int]) -> Tensor {
    let normalized = Reduction.normalized(axes, in: shape)
    if reducedCount(along: normalized) == 0 {
      return Tensor(repeating: -.infinity, shape: shape.removing(axes: normalized))
    }
    // An infinite m would give infinity - infinity; 0 in its place leaves e^(+-infinity).
    let peak = max(along: normalized).replacingInfinities(by: 0)
    let shifted = self - peak.reshaped(shape.keeping(reduced: normalized))
    return shifted.exp().sum(along: normalized).log() + peak
  }

  /// log sum e^x along one axis.
  public func logSumExp(along axis: Int) -> Tensor { logSumExp(along: [axis]) }

  /// log sum e^x over all elements.
  public func logSumExp() -> Tensor { flattened().logSumExp(along: [0]) }

  private func reducedCount(along axes: [Int]) -> Int { axes.reduce(1) { $0 * shape[$1] } }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func replacingInfinities(by value: Scalar) -> Tensor {
    Elementwise.map(self) { $0.isInfinite ? value : $0 }
  }
}

extension TensorShape {
  /// The shape with length 1 for each of `axes`: a reduction's result in this shape broadcasts back.
  package func keeping(reduced axes: [Int]) -> TensorShape {
    var lengths = dimensions
    for axis in axes { lengths[normalized(axis: axis)] = 1 }
    return TensorShape(lengths)
  }

  /// The shape with all of `axes` taken out.
  package func removing(axes: [Int]) -> TensorShape {
    let removed = Set(axes.map { normalized(axis: $0) })
    return TensorShape(dimensions.indices.filter { !removed.contains($0) }.map { dimensions[$0] })
  }
}
