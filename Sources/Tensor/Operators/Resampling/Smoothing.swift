/// How far a Gaussian filter reaches.
public enum GaussianRadius: Hashable, Sendable {
  /// So many standard deviations, rounded to whole pixels (SciPy's `truncate`, default 4).
  case standardDeviations(Double)
  /// So many pixels to each side: 1 is a filter of 3 x 3.
  case pixels(Int)

  /// The radius in pixels.
  ///
  /// - Precondition: not negative.
  func pixels(standardDeviation: Double) -> Int {
    let radius =
      switch self {
      case .standardDeviations(let count): Int(count * standardDeviation + 0.5)
      case .pixels(let count): count
      }
    shapePrecondition(radius >= 0, "a Gaussian filter's radius is not negative: \(self)")
    return radius
  }
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// Images or volumes smoothed with a Gaussian filter along every spatial axis.
  ///
  /// The weights are `exp(-k^2 / (2 sigma^2))` for `|k| <= radius`, divided by their sum (SciPy's
  /// `gaussian_filter`).
  ///
  /// - Parameters:
  ///   - standardDeviations: Sigma in pixels for each spatial axis; 0 leaves an axis alone.
  ///   - radius: How far the filter reaches.
  ///   - border: What stands outside the image.
  /// - Precondition: `rank - 2` standard deviations, finite and not negative.
  /// - Complexity: linear, times the length of the filter, for each axis.
  public func gaussianSmoothed(
    standardDeviations: [Double], radius: GaussianRadius = .standardDeviations(4),
    border: BorderMode<Scalar> = .symmetric
  ) -> Tensor {
    SeparableOperator.gaussian(
      shape, standardDeviations: standardDeviations, radius: radius, border: border
    ).applied(to: self)
  }
}

extension SeparableOperator {
  /// The maps of ``Tensor/gaussianSmoothed(standardDeviations:radius:border:)``.
  package static func gaussian(
    _ shape: TensorShape, standardDeviations: [Double], radius: GaussianRadius, border: BorderMode<Scalar>
  ) -> SeparableOperator {
    shapePrecondition(
      shape.rank >= 3 && standardDeviations.count == shape.rank - 2
        && standardDeviations.allSatisfy { $0 >= 0 && $0.isFinite },
      "standard deviations \(standardDeviations) do not fit a batch of shape \(shape)")
    return SeparableOperator(
      standardDeviations.enumerated().compactMap { index, sigma in
        let length = shape.dimensions[index + 1]
        guard sigma > 0, length > 0 else { return nil }
        let reach = radius.pixels(standardDeviation: sigma)
        let weights = gaussianWeights(standardDeviation: sigma, radius: reach)
        return (index + 1, AxisOperator(from: length, to: length, border: border) { ($0 - reach, weights) })
      })
  }
}
