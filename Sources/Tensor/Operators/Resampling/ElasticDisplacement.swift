/// How a Gaussian filter is computed.
public enum GaussianMethod: String, Sendable, Codable {
  /// The sum over all pixels within four standard deviations, as SciPy's `gaussian_filter` has it.
  case exact
  /// Two damped waves to each side (Deriche's recursive filter): weights within .0005 of the exact peak from a standard
  /// deviation of 1 on, at a cost that does not depend on it. Below 1 the exact sum is taken.
  case recursive
}

extension Tensor where Scalar: TensorFloatingPointScalar {
  /// A random smooth displacement field: `[1, H, W, 2]` or `[1, D, H, W, 3]`, in pixels.
  ///
  /// For each axis and pixel a number is drawn evenly from -1...1; the field is smoothed with a Gaussian
  /// filter of `smoothness` and multiplied by `magnitude`. Since smoothing averages the noise away, pixels
  /// move by about `magnitude / (2 smoothness sqrt(3 pi))` in two dimensions: 1.2 pixels for 100 and 14.
  ///
  /// - Parameters:
  ///   - lengths: The spatial lengths.
  ///   - magnitude: Alpha; SuperCL draws 100...350.
  ///   - smoothness: Sigma of the Gaussian filter in pixels; SuperCL draws 14...17.
  ///   - method: How the filter is computed; the same random numbers give fields within .5 % of one another.
  ///   - generator: The source of randomness: one number for each axis and pixel.
  ///
  /// Source: Simard, Steinkraus, Platt, ICDAR 2003, section 2.
  /// - Precondition: one to three lengths; `smoothness` is finite and not negative.
  public init(
    elasticDisplacementFor lengths: [Int], magnitude: Double, smoothness: Double,
    method: GaussianMethod = .recursive, using generator: inout some RandomNumberGenerator
  ) {
    self.init(
      elasticDisplacementFor: lengths, magnitude: magnitude,
      smoothness: [Double](repeating: smoothness, count: lengths.count), method: method, using: &generator)
  }

  /// A random smooth displacement field whose smoothness differs from axis to axis, in pixels: for voxels that are no
  /// cubes.
  ///
  /// - Precondition: one to three lengths, as many standard deviations, finite and not negative.
  public init(
    elasticDisplacementFor lengths: [Int], magnitude: Double, smoothness: [Double],
    method: GaussianMethod = .recursive, using generator: inout some RandomNumberGenerator
  ) {
    shapePrecondition((1...3).contains(lengths.count), "a displacement has 1 to 3 axes, not \(lengths)")
    shapePrecondition(
      smoothness.count == lengths.count && smoothness.allSatisfy { $0 >= 0 && $0.isFinite },
      "a smoothness of \(smoothness) does not fit the lengths \(lengths)")
    let shape = TensorShape([1] + lengths + [lengths.count])
    let noise = Tensor(shape: shape) { fillWithNoise($0, magnitude: magnitude, using: &generator) }
    // Outside the image nothing moves, as in the reference implementations.
    let exact = smoothness.map { method == .exact || $0 < 1 ? $0 : 0 }
    var field = noise.gaussianSmoothed(standardDeviations: exact, border: .constant(0))
    for (axis, sigma) in smoothness.enumerated() where method == .recursive && sigma >= 1 {
      field = RecursiveGaussian(standardDeviation: sigma).applied(to: field, along: axis + 1)
    }
    self = field
  }
}

/// Numbers drawn evenly from -magnitude...magnitude.
private func fillWithNoise<Scalar: TensorFloatingPointScalar, Generator: RandomNumberGenerator>(
  _ target: UnsafeMutableBufferPointer<Scalar>, magnitude: Double, using generator: inout Generator
) {
  if Scalar.self == Float.self, var philox = generator as? PhiloxGenerator {
    SamplingFast.noise(
      UnsafeMutableBufferPointer(start: target.baseAddress?.asFloat, count: target.count),
      magnitude: magnitude, using: &philox)
    if let moved = philox as? Generator { generator = moved }
    return
  }
  for index in target.indices {
    let unit = Double(generator.next() >> 11) * 0x1p-53
    target[index] = Scalar((2 * unit - 1) * magnitude)
  }
}
