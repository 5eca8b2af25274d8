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
  ///   - generator: The source of randomness: one number for each axis and pixel.
  ///
  /// Source: Simard, Steinkraus, Platt, ICDAR 2003, section 2.
  /// - Precondition: one to three lengths; `smoothness` is finite and not negative.
  public init(
    elasticDisplacementFor lengths: [Int], magnitude: Double, smoothness: Double,
    using generator: inout some RandomNumberGenerator
  ) {
    shapePrecondition((1...3).contains(lengths.count), "a displacement has 1 to 3 axes, not \(lengths)")
    let shape = TensorShape([1] + lengths + [lengths.count])
    let noise = Tensor(shape: shape) { target in
      for index in target.indices {
        let unit = Double(generator.next() >> 11) * 0x1p-53
        target[index] = Scalar((2 * unit - 1) * magnitude)
      }
    }
    // Outside the image nothing moves, as in the reference implementations.
    self = noise.gaussianSmoothed(
      standardDeviations: lengths.map { _ in smoothness }, border: .constant(0))
  }
}
