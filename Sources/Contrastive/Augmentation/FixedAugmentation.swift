/// T_fix: changes the intensities of an image and moves no pixel, so that both fixed views share their positions.
///
/// In the order of the released code: min-max to 8 bits, brightness times U(brightness), contrast about the mean times
/// U(contrast), a 3x3 Gaussian of standard deviation U(blur), min-max to [0, 1]. The last step cancels the brightness but
/// for its quantization. For BraTS, brightness alone.
///
/// The released code truncates at each 8-bit step and rounds after the blur, where this library rounds before the blur
/// alone (``asReleased`` and ``Quantization``): at a brightness of b its views hold at most 255 b + 1 gray levels, 125 at
/// the median and one, black, in .8 % of the draws; ours hold thousands. It also mirrors each fixed view by itself, which
/// ``SuperCL/fixedViewMirrors`` names.
///
/// Source: the released code of arXiv 2504.14737.
public struct FixedAugmentation: Sendable, Hashable, Codable {
  /// Factors of brightness: 0...1; BraTS .8...1.2. `nil` for none.
  public var brightness: ClosedRange<Double>?
  /// Factors of contrast: .8...1.2. `nil` for none.
  public var contrast: ClosedRange<Double>?
  /// Standard deviations of the blur, in pixels: 1...3. `nil` for none.
  public var blur: ClosedRange<Double>?
  /// How intensities are brought to a common scale.
  public var scaling: IntensityScaling
  /// How values become whole gray levels; without effect where the image keeps its scale.
  public var quantization: Quantization
  /// What values are clamped to after the brightness where the image keeps its scale (gray levels end at 0 and 255);
  /// `nil` for no limits; BraTS 0...1.
  public var valueRange: ClosedRange<Double>?

  /// What happens to the scale of intensities.
  public enum IntensityScaling: String, Sendable, Codable {
    /// Min-max to whole gray levels 0...255 before, and to [0, 1] after: the released code for CHD and ISIC.
    case eightBit
    /// The values are gray levels 0...255 as they come (what lies outside is clamped), min-max to [0, 1] after: the
    /// released code for KiTS, which has no first min-max.
    case grayLevels
    /// The image keeps its scale.
    case unchanged
  }

  /// How values become whole gray levels, after the first min-max, after the brightness and after the contrast.
  public enum Quantization: String, Sendable, Codable {
    /// To the nearest level; the blur is not rounded.
    case rounding
    /// Cut off to the level below, with the mean that the contrast turns about rounded to a level, and the blurred image
    /// rounded to the nearest: the released code.
    case truncation
  }

  /// CHD and ISIC in the released code, but for the quantization; `brightness`, `contrast` and `blur` as there.
  public init(
    brightness: ClosedRange<Double>? = 0...1, contrast: ClosedRange<Double>? = 0.8...1.2,
    blur: ClosedRange<Double>? = 1...3, scaling: IntensityScaling = .eightBit,
    quantization: Quantization = .rounding, valueRange: ClosedRange<Double>? = nil
  ) {
    self.brightness = brightness
    self.contrast = contrast
    self.blur = blur
    self.scaling = scaling
    self.quantization = quantization
    self.valueRange = valueRange
  }

  /// CHD and ISIC in the released code.
  public static let asReleased = FixedAugmentation(quantization: .truncation)

  /// KiTS in the released code: ``asReleased`` without the first min-max.
  public static let kitsAsReleased = FixedAugmentation(scaling: .grayLevels, quantization: .truncation)

  /// BraTS in the released code: brightness U(.8, 1.2) alone, clamped to [0, 1].
  public static let brats = FixedAugmentation(
    brightness: 0.8...1.2, contrast: nil, blur: nil, scaling: .unchanged, valueRange: 0...1)
}
