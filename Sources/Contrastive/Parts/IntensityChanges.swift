import Foundation
public import Tensor

/// Changes of the intensities of a medical slice `[H, W, C]`, in this order, each with its chance: noise, blur, a factor, a
/// shift, contrast, gamma. DeSD's, made for CT in units of 1024 HU; z-scored slices have a like spread.
///
/// Contrast stretches about the mean and is clamped to the values that there were; gamma acts on the values between the least and the largest, as
/// 0...1, and mean and deviation are then what they were. Factors of contrast and gamma are drawn below 1 half of the time.
///
/// Source: the released loader of DeSD, in the terms of batchgenerators, whose defaults for noise (its standard deviation is drawn from 0....1) and
/// contrast (.75...1.25) are inferred from that package.
public struct IntensityChanges: Sendable, Hashable, Codable {
  /// Standard deviations of the noise: 0....1, always.
  public var noise: ClosedRange<Double> = 0...0.1
  /// Standard deviations of the Gaussian blur, in pixels: .1...2.
  public var blur: ClosedRange<Double> = 0.1...2
  /// The chance of the blur.
  public var blurProbability: Double
  /// Factors of brightness: .75...1.25.
  public var brightness: ClosedRange<Double> = 0.75...1.25
  /// The chance of a factor.
  public var brightnessProbability: Double
  /// The standard deviation of a normal shift: .4.
  public var shift = 0.4
  /// The chance of a shift.
  public var shiftProbability: Double
  /// Factors of contrast: .75...1.25, always.
  public var contrast: ClosedRange<Double> = 0.75...1.25
  /// Exponents: .7...1.5.
  public var gamma: ClosedRange<Double> = 0.7...1.5
  /// The chance of an exponent.
  public var gammaProbability: Double

  /// Changes with these chances; ranges are DeSD's.
  public init(
    blurProbability: Double, brightnessProbability: Double, shiftProbability: Double, gammaProbability: Double
  ) {
    self.blurProbability = blurProbability
    self.brightnessProbability = brightnessProbability
    self.shiftProbability = shiftProbability
    self.gammaProbability = gammaProbability
  }

  /// DeSD's first view; for one channel the chances by sample and by channel are multiplied.
  public static let deSDFirst = IntensityChanges(
    blurProbability: 0.64, brightnessProbability: 0.8, shiftProbability: 0.64, gammaProbability: 0.8)
  /// DeSD's second view.
  public static let deSDSecond = IntensityChanges(
    blurProbability: 0.4, brightnessProbability: 1, shiftProbability: 0.4, gammaProbability: 1)

  /// A slice with other intensities, from random numbers drawn in a fixed order.
  public func callAsFunction(
    _ image: Tensor<Float>, using generator: inout some RandomNumberGenerator
  ) -> Tensor<Float> {
    guard image.elementCount > 0 else { return image }
    let deviation = generator.uniform(in: noise)
    var view =
      image
      + Tensor(
        normalWithMean: 0, standardDeviation: Float(deviation), shape: image.shape, using: &generator)
    if generator.chance(blurProbability) {
      let sigma = generator.uniform(in: blur)
      view = view.expanded(at: 0).gaussianSmoothed(standardDeviations: [sigma, sigma]).squeezed(at: 0)
    }
    if generator.chance(brightnessProbability) { view = view * Float(generator.uniform(in: brightness)) }
    if generator.chance(shiftProbability) {
      let draw = Tensor<Float>(
        normalWithMean: 0, standardDeviation: Float(shift), shape: [], using: &generator)
      view = view + draw.item
    }
    view = stretched(view, by: factor(of: contrast, using: &generator))
    if generator.chance(gammaProbability) { view = bent(view, by: factor(of: gamma, using: &generator)) }
    return view
  }

  /// A factor on either side of 1 with the same chance, where the range has both.
  private func factor(
    of range: ClosedRange<Double>, using generator: inout some RandomNumberGenerator
  ) -> Double {
    guard range.lowerBound < 1, range.upperBound > 1 else { return generator.uniform(in: range) }
    return generator.chance(0.5)
      ? generator.uniform(in: range.lowerBound...1) : generator.uniform(in: 1...range.upperBound)
  }

  private func stretched(_ view: Tensor<Float>, by factor: Double) -> Tensor<Float> {
    let (mean, low, high) = (view.mean().item, view.min().item, view.max().item)
    return ((view - mean) * Float(factor) + mean).clamped(to: low...high)
  }

  private func bent(_ view: Tensor<Float>, by exponent: Double) -> Tensor<Float> {
    let (low, high) = (view.min().item, view.max().item)
    guard high > low else { return view }
    let bent = ((view - low) / (high - low)).clamped(to: 0...1).power(Float(exponent))
    let (mean, spread) = (view.mean().item, Self.deviation(view))
    let (newMean, newSpread) = (bent.mean().item, Self.deviation(bent))
    return (bent - newMean) * (newSpread > 0 ? spread / newSpread : 1) + mean
  }

  private static func deviation(_ view: Tensor<Float>) -> Float {
    (view - view.mean().item).squared().mean().item.squareRoot()
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    for (name, range) in [
      ("noise", noise), ("blur", blur), ("brightness", brightness), ("contrast", contrast), ("gamma", gamma),
    ] { try check.require(range.lowerBound >= 0, "\(field).\(name)", range, "must not be negative") }
    try check.notNegative("\(field).shift", shift)
    for (name, chance) in [
      ("blurProbability", blurProbability), ("brightnessProbability", brightnessProbability),
      ("shiftProbability", shiftProbability), ("gammaProbability", gammaProbability),
    ] { try check.probability("\(field).\(name)", chance) }
  }
}
