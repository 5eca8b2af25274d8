public import Tensor

/// T_var: moves an image, and the label maps that belong to it, in space; the maps stay in step with the image.
///
/// Mirrors each axis with probability .5. Then, with probability .67, elastic displacement, rotation and a change of size
/// in one warp (cubic for the image, nearest for maps, 0 outside); otherwise the image stays. For BraTS an affine change
/// and brightness instead. The same struct serves fine-tuning, where the label map is the reference.
///
/// Every number is drawn as the released code of arXiv 2504.14737 draws it. By default the zeros outside the image blend
/// with it over one pixel; there they begin at once (``asReleased``).
///
/// Volumes move along all three axes; what the paper's two axes leave open there, ``tilt`` and the strength of the elastic
/// displacement, is this library's choice. With a spacing, turns and displacements are the same in millimetres along every
/// axis.
///
/// Source: the released code of arXiv 2504.14737, whose warp is batchgenerators' `SpatialTransform` (CHD, KiTS, ISIC) and
/// torchvision's `RandomAffine` (BraTS).
public struct VariedAugmentation: Sendable, Hashable, Codable {
  /// The chance that an axis is mirrored: .5.
  public var mirrorProbability = 0.5
  /// The chance of the warp: .67.
  public var warpProbability = 0.67
  /// Magnitude alpha and smoothness sigma (in pixels) of the elastic displacement: 100...350 and 14...17; `nil` for none.
  public var elastic: Elastic? = Elastic()
  /// Rotation in radians within planes, about the plane axis of a volume: 0...2 pi.
  public var rotation = 0...(2 * Double.pi)
  /// Of volumes alone, rotation in radians about the row axis, and about the column axis: +-30 degrees, this library's
  /// choice.
  public var tilt = -Double.pi / 6...Double.pi / 6
  /// The size factor, above 1 enlarges: the reciprocals of .7...1.3, that is .77...1.43, half of the draws on each side
  /// of 1. BraTS .9...1.1.
  public var sizeFactor = SizeFactor.reciprocal(of: 0.7...1.3)
  /// Shift of the picture along each axis as a share of its length: 0; BraTS -.1...0.1.
  public var translation = 0.0...0.0
  /// Whether the shift, in pixels, may have a fraction.
  public var translationRounding = TranslationRounding.none
  /// Shear angle in radians, by which rows slide over one another: 0; BraTS +-.2 degrees.
  public var shear = 0.0...0.0
  /// Factors of brightness after the warp; `nil` for none; BraTS .8...1.2.
  public var brightness: ClosedRange<Double>?
  /// What values are clamped to after the brightness; `nil` for no limits; BraTS 0...1.
  public var valueRange: ClosedRange<Double>?
  /// How image values between pixels are found: cubic; BraTS nearest.
  public var interpolation = ImageInterpolation.cubic
  /// How the zeros outside the image begin.
  public var border = Border.blended

  /// Ranges of the elastic displacement.
  public struct Elastic: Sendable, Hashable, Codable {
    /// Alpha: the factor on the smoothed noise.
    public var magnitude = 100.0...350.0
    /// Sigma: the standard deviation that the noise is smoothed with, in pixels.
    public var smoothness = 14.0...17.0
    /// What one of the two numbers above is: a pixel.
    public var unit = LengthUnit.pixels
    /// How the noise is smoothed: recursively, within .5 % of the exact filter, which the released code has.
    public var method = GaussianMethod.recursive
    /// Ranges that each draw comes from evenly.
    public init(
      magnitude: ClosedRange<Double> = 100...350, smoothness: ClosedRange<Double> = 14...17,
      unit: LengthUnit = .pixels, method: GaussianMethod = .recursive
    ) {
      self.magnitude = magnitude
      self.smoothness = smoothness
      self.unit = unit
      self.method = method
    }
  }

  /// What lengths of the elastic displacement are counted in.
  public enum LengthUnit: String, Sendable, Codable {
    /// Pixels; where the spacing is known, those of the finest axis.
    case pixels
    /// Millimetres. An image without a spacing is taken as one of 1 mm; pre-training refuses it.
    case millimeters
  }

  /// How image values between pixels are found. Maps always take the nearest pixel.
  public enum ImageInterpolation: String, Sendable, Codable {
    /// The nearest pixel: the released code for BraTS, torchvision's default.
    case nearest
    /// Bilinear.
    case linear
    /// The cubic spline through the pixels: the released code for CHD, KiTS and ISIC.
    case cubic
  }

  /// Whether a shift may have a fraction of a pixel.
  public enum TranslationRounding: String, Sendable, Codable {
    /// Any shift.
    case none
    /// Whole pixels: torchvision's.
    case wholePixels
  }

  /// How the zeros outside the image begin.
  public enum Border: String, Sendable, Codable {
    /// The image goes on as zeros, so that values between its last pixel and the next blend (PyTorch's `zeros`, SciPy's
    /// `grid-constant`).
    case blended
    /// 0 for every position beyond the center of the last pixel; inside, the spline goes on by mirroring (SciPy's
    /// `constant`): the released code for CHD, KiTS and ISIC.
    case abrupt
  }

  /// Whether a length is in millimetres.
  var needsSpacing: Bool { elastic?.unit == .millimeters }

  /// CHD, KiTS and ISIC in the released code, but for the blended border.
  public init() {}

  /// CHD, KiTS and ISIC in the released code: ``init()`` with zeros that begin at once and the exact filter.
  public static var asReleased: VariedAugmentation {
    var augmentation = VariedAugmentation()
    augmentation.elastic = Elastic(method: .exact)
    augmentation.border = .abrupt
    return augmentation
  }

  /// BraTS in the released code: flips, then +-20 degrees, size .9...1.1, shear +-.2 degrees and whole-pixel shifts up to
  /// .1 with the nearest pixel, then brightness clamped to [0, 1].
  public static var brats: VariedAugmentation {
    var augmentation = VariedAugmentation()
    let degree = Double.pi / 180
    augmentation.warpProbability = 1
    augmentation.elastic = nil
    augmentation.rotation = -20 * degree...20 * degree
    augmentation.sizeFactor = .uniform(0.9...1.1)
    augmentation.translation = -0.1...0.1
    augmentation.translationRounding = .wholePixels
    augmentation.shear = -0.2 * degree...0.2 * degree
    augmentation.brightness = 0.8...1.2
    augmentation.valueRange = 0...1
    augmentation.interpolation = .nearest
    return augmentation
  }
}
