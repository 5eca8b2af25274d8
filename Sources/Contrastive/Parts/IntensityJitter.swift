public import Tensor

/// Brightness and contrast with one chance, and blur with another: what is left of the colour recipes of SimCLR, MoCo and
/// SwAV for grey slices.
///
/// Brightness multiplies by a factor, contrast stretches about the image's mean by another: the two commute, so that their
/// random order in the originals has no meaning here. Values are not clamped: slices are z-scored, not 0...1. Saturation,
/// hue and greyscale have no meaning for one channel and are left out.
public struct IntensityJitter: Sendable, Hashable, Codable {
  /// Factors of brightness.
  public var brightness: ClosedRange<Double>
  /// Factors of contrast.
  public var contrast: ClosedRange<Double>
  /// The chance of brightness and contrast: .8.
  public var probability: Double
  /// Standard deviations of the Gaussian blur, in pixels: .1...2.
  public var blur: ClosedRange<Double>
  /// The chance of the blur: .5.
  public var blurProbability: Double

  /// A recipe; what is left out has the value above.
  public init(
    brightness: ClosedRange<Double>, contrast: ClosedRange<Double>, probability: Double = 0.8,
    blur: ClosedRange<Double> = 0.1...2, blurProbability: Double = 0.5
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.probability = probability
    self.blur = blur
    self.blurProbability = blurProbability
  }

  /// MoCo v2's strengths: .4 and .4.
  public static let moCo = IntensityJitter(brightness: 0.6...1.4, contrast: 0.6...1.4)
  /// SimCLR's and SwAV's strengths: .8 and .8.
  public static let simCLR = IntensityJitter(brightness: 0.2...1.8, contrast: 0.2...1.8)

  /// An image `[H, W, C]` with other intensities, from random numbers drawn in a fixed order.
  public func callAsFunction(
    _ image: Tensor<Float>, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    var view = image
    if generator.chance(probability), view.elementCount > 0 {
      let (bright, stretch) = (generator.uniform(in: brightness), generator.uniform(in: contrast))
      let mean = view.mean().item * Float(bright)
      view = view * Float(bright * stretch) + (mean - mean * Float(stretch))
    }
    if generator.chance(blurProbability) {
      let sigma = generator.uniform(in: blur)
      view = view.expanded(at: 0).gaussianSmoothed(standardDeviations: [sigma, sigma]).squeezed(at: 0)
    }
    return view
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    try check.require(brightness.lowerBound >= 0, "\(field).brightness", brightness, "must not be negative")
    try check.require(contrast.lowerBound >= 0, "\(field).contrast", contrast, "must not be negative")
    try check.require(blur.lowerBound >= 0, "\(field).blur", blur, "must not be negative")
    try check.probability("\(field).probability", probability)
    try check.probability("\(field).blurProbability", blurProbability)
  }
}
