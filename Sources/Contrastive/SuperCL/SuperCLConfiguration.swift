public import Superpixel
public import Tensor

/// Everything that changes the result of SuperCL pre-training.
///
/// The defaults are the method with the numbers of its released code. Where that code does something else than the
/// method says, or than this library holds to be right, the code's way has a name, and ``asReleased``,
/// ``kitsAsReleased`` and ``brats`` take all of them. What the network begins with is ``SuperCLNetwork``'s initializer.
public struct SuperCLConfiguration: Sendable, Equatable, Codable {
  /// T of all three losses: .1.
  public var temperature = 0.1
  /// T0 in the factor T / T0 of the released code: .07; `nil` drops the factor.
  public var baseTemperature: Double? = 0.07
  /// Weights of L_ins, L_intra and L_inter: 1, 1, .5.
  public var weights = Weights()
  /// Slices nearer than this are positives of L_ins, where positions are known: .1. `nil` for NT-Xent throughout.
  public var positionThreshold: Double? = 0.1
  /// The level of the encoder that ILCP reads: the bottleneck.
  public var intraLevel = FeatureLevel.bottleneck
  /// The level that ASP reads: the bottleneck.
  public var interLevel = FeatureLevel.bottleneck
  /// Which pixels ILCP takes: all, stride 1, which is the paper's best by a digest of its Table IV (not read in the paper
  /// itself); the release's script runs 16.
  public var pixelSampling = PixelSampling.flat(stride: 1)
  /// Over which pixels ILCP's denominator runs: those of the image.
  public var pixelScope = PixelScope.image
  /// What ASP divides by: all pixels of the map.
  public var superpixelFeatures = AverageSuperpixelFeatures()
  /// What SLIC runs on: each fixed view.
  public var superpixelSource = SuperpixelSource.fixedViews
  /// Which channels of it SLIC sees: all. The released code repeats one three times.
  public var superpixelChannels = SuperpixelChannels.all
  /// SLIC with all its settings: 100 segments, compactness 10, at most 10 passes. The released code runs scikit-image's,
  /// `mode = .skimageCompatible`.
  public var slic = SLIC(segmentCount: 100, compactness: 10, maximumIterations: 10)
  /// What happens to the intensities of a whole image before a patch is cut from it: nothing; for BraTS a min-max of
  /// each channel.
  public var imageScaling = ImageScaling.unchanged
  /// Where an image that is smaller than the patch lies in it: at random. The released code centers it.
  public var padding = PatchSampling.Padding.random
  /// T_fix: changes of intensity, drawn for each of the two fixed views.
  public var fixedAugmentation = FixedAugmentation()
  /// Whether fixed views are mirrored: never, as the method says.
  public var fixedViewMirrors = FixedViewMirrors.none
  /// T_var: changes in space, drawn for each of the two varied views.
  public var variedAugmentation = VariedAugmentation()
  /// What T_var moves: each fixed view (CHD, KiTS) or the patch before T_fix (BraTS).
  public var variedSource = VariedSource.fixedViews
  /// Side of the square patch: 512 for CHD and KiTS, 192 for BraTS.
  public var patchSize = 512
  /// Images per step: 16 for CHD and KiTS, 32 for BraTS. The released code has them on each of two GPUs, whose batch
  /// norm is synchronised over both, statistics of twice as many images; one process here has its own batch alone.
  public var batchSize = 16
  /// How epochs are cut into batches: without a break. The released code drops the rest, `.perEpoch(.dropped)`.
  public var epochs = EpochBatching.continuous
  /// Steps in all. The released code trains 100 epochs: `100 * images / batchSize`.
  public var steps = 1000
  /// SGD's rate at the start of the cosine to 0: .01 as in the release's scripts. Its README and the paper on PCL say .1,
  /// with which a trial of this library collapsed, from weights other than the released code's.
  public var learningRate = 0.01
  /// SGD's momentum: .9.
  public var momentum = 0.9
  /// SGD's L2 weight decay: 1e-5.
  public var weightDecay = 1e-5
  /// The seed: 1234.
  public var seed: UInt64 = 1234

  /// The method, with the released code's numbers for CHD and KiTS.
  public init() {}

  /// The weights of the three losses.
  public struct Weights: Sendable, Equatable, Codable {
    /// The weight of L_ins: 1.
    public var instance: Double
    /// The weight of L_intra: 1.
    public var intra: Double
    /// The weight of L_inter: .5.
    public var inter: Double

    /// The three weights.
    public init(instance: Double = 1, intra: Double = 1, inter: Double = 0.5) {
      self.instance = instance
      self.intra = intra
      self.inter = inter
    }
  }
}

/// A level of the encoder's features.
public enum FeatureLevel: Sendable, Equatable, Codable, CustomStringConvertible {
  /// The center's output, at 1/16 of the image.
  case bottleneck
  /// The output of a stage before pooling, at `1 / 2^index` of the image.
  case stage(Int)

  /// The place in the encoder's output of `levelCount` levels.
  func index(of levelCount: Int) -> Int {
    switch self {
    case .bottleneck: levelCount - 1
    case .stage(let index): index
    }
  }

  public var description: String {
    switch self {
    case .bottleneck: "bottleneck"
    case .stage(let index): "stage \(index) (1/\(1 << index))"
    }
  }
}

/// Which image SLIC segments.
public enum SuperpixelSource: String, Sendable, Codable {
  /// Each fixed view by itself: the released code.
  case fixedViews
  /// The image before augmentation, one map for both views.
  case image
}

/// Which channels of an image SLIC sees.
public enum SuperpixelChannels: Sendable, Equatable, Codable {
  /// Those that it has, as `SLIC.colorConversion` says.
  case all
  /// One channel, from 0, by itself.
  case one(Int)
  /// One channel, from 0, three times, which SLIC takes as a gray color and turns into L\*a\*b\*: the released code,
  /// with channel 0 of CHD and KiTS and channel 1 of the four of BraTS.
  case repeatedAsColor(Int)
}

/// What happens to the intensities of an image before a patch is cut from it.
public enum ImageScaling: String, Sendable, Codable {
  /// Nothing.
  case unchanged
  /// `(x - min) / (max - min)` in each channel, zeros for a constant one: the released code for BraTS, for each slice and
  /// modality.
  case minMaxPerChannel
}

/// Whether the fixed views are mirrored, so that pixels of the two no longer correspond.
public enum FixedViewMirrors: String, Sendable, Codable {
  /// No pixel moves, as the method says.
  case none
  /// Each fixed view that a varied view is made of takes that view's mirrors, drawn for each by itself: what the released
  /// code does for CHD, KiTS and ISIC, whose augmentation mirrors the array in place.
  ///
  /// The two views then lie alike in a quarter of the draws, and of ILCP's positives across the views, which take the
  /// superpixels of the first for both, 28 % share a superpixel. Surely unintended; here to be measured. An error
  /// with varied views made of the image.
  case withVariedViews
}

/// Which image the varied views are made of.
public enum VariedSource: String, Sendable, Codable {
  /// Each of the two fixed views: the released code for CHD and KiTS.
  case fixedViews
  /// The patch before T_fix, for both: the released code for BraTS.
  case image
}
