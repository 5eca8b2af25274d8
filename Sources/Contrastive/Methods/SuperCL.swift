public import NN
public import Superpixel

/// SuperCL: superpixels tell a contrastive loss which pixels (ILCP) and which images (IGCP) belong together.
///
///     let task = try PretrainingTask(SuperCL(patchSize: 128), encoder: .unet(width: 32))
///     try TrainingLoop(task, on: slices).run { print($0); return .proceed }
///     try task.encoder.save(to: url)
///
/// It trains on images `[H, W, C]` and on volumes `[D, H, W, C]` alike, whichever the encoder takes: patches, superpixels and
/// views have as many axes, and spacing that is known (``PretrainingImage/spacing``) makes all three the same in millimetres
/// along every axis.
///
/// `L = w1 L_ins + w2 L_intra + w3 L_inter`; ``SuperCLLoss`` has the terms. The defaults are the method with the numbers of
/// its released code, but for the level and the number of superpixels, which go with the patch. Where that code does
/// something else than the method says, or than this library holds to be right, the code's way has a name, and
/// ``asReleased``, ``kitsAsReleased`` and ``brats`` take all of them.
///
/// Source: arXiv 2504.14737 and its released code.
public struct SuperCL: Sendable, Hashable, Codable {
  /// T of all three losses: .1.
  public var temperature = 0.1
  /// T0 in the factor T / T0 of the released code: .07; `nil` drops the factor.
  public var baseTemperature: Double? = 0.07
  /// Weights of L_ins, L_intra and L_inter: 1, 1, .5.
  public var weights = Weights()
  /// Slices nearer than this are positives of L_ins, where positions are known: .1. `nil` for NT-Xent throughout.
  public var positionThreshold: Double? = 0.1
  /// The level of the encoder that ILCP reads: the deepest that carries enough superpixels, which is the bottleneck at
  /// 512 px; the released code always reads the bottleneck.
  public var intraLevel = FeatureLevel.automatic
  /// More levels that ILCP reads, each with its weight: none. `L_intra` is then the loss at ``intraLevel`` and the weighted
  /// losses at these together, all of the same superpixels.
  public var furtherIntraLevels: [WeightedLevel] = []
  /// With an automatic level, the sampled pixels that a superpixel has in the mean: 10, as the paper's 1,024 for 100. SLIC
  /// keeps no piece below half the mean size, so that each has about 5; an adaptive number of superpixels keeps none below
  /// this half, at any level.
  public var pixelsPerSuperpixel = 10
  /// With an automatic level, the superpixels that a level must carry, or a finer one is taken: 25.
  public var leastSuperpixels = 25
  /// The level that ASP reads: the bottleneck.
  public var interLevel = FeatureLevel.bottleneck
  /// Which pixels ILCP takes: all, stride 1, which is the paper's best by a digest of its Table IV (not read in the paper
  /// itself); the release's script runs 16.
  public var pixelSampling = PixelSampling.flat(stride: 1)
  /// Over which pixels ILCP's denominator runs: those of the image.
  public var pixelScope = PixelScope.image
  /// What ASP divides by: all pixels of the map.
  public var superpixelFeatures = AverageSuperpixelFeatures()
  /// What ILCP and ASP take for segments: superpixels.
  public var pseudoMasks = PseudoMasks.superpixels
  /// What SLIC runs on: each fixed view.
  public var superpixelSource = SuperpixelSource.fixedViews
  /// Which channels of it SLIC sees: all. The released code repeats one three times.
  public var superpixelChannels = SuperpixelChannels.all
  /// SLIC with all its settings: 100 segments, compactness 10, at most 10 passes. The released code runs scikit-image's,
  /// `mode = .skimageCompatible`. With an automatic level, fewer segments where the level does not carry as many.
  /// `segmentCount = .adaptive` lets each image decide, and steps report the mean as `superpixels`. Of images whose spacing
  /// is known SLIC takes that spacing where it has none of its own; `sigma` is then in millimetres.
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
  /// Whether fixed views move in space: never, as the method says.
  public var fixedViewGeometry = FixedViewGeometry.still
  /// T_var: changes in space, drawn for each of the two varied views.
  public var variedAugmentation = VariedAugmentation()
  /// What T_var moves: each fixed view (CHD, KiTS) or the patch before T_fix (BraTS).
  public var variedSource = VariedSource.fixedViews
  /// Sides of the patch: 512 x 512 for CHD and KiTS, 192 x 192 for BraTS. Of volumes one number is all three sides;
  /// `[32, 96, 96]` names them.
  public var patchSize: PatchSize = 512
  /// Whose position L_ins compares: that of the image.
  public var positionSource = PositionSource.image
  /// Steps, batch, seed: 1,000 steps of 16 images, seed 1234. The released code trains 100 epochs, `100 * images / batch`
  /// steps, of 16 images for CHD and KiTS and 32 for BraTS on each of two GPUs, whose batch norm is synchronised over
  /// both: statistics of twice as many images, as over two ranks here (`RankSharing`). Epochs follow one another without
  /// a break; the released code drops the rest of each, `.dropped`.
  public var recipe = TrainingRecipe(steps: 1000, batchSize: 16)
  /// SGD's rate at the start of the cosine to 0: .01 as in the release's scripts. Its README and the paper on PCL say .1,
  /// with which a trial of this library collapsed, from weights other than the released code's.
  public var learningRate = 0.01
  /// SGD's momentum: .9.
  public var momentum = 0.9
  /// SGD's L2 weight decay: 1e-5.
  public var weightDecay = 1e-5
  /// The least length that a cosine divides by: 1e-8, that of PyTorch's cosine, which the released code uses.
  public var cosineFloor = CosineFloor.cosineSimilarity

  /// The method, with the released code's numbers for CHD and KiTS.
  public init() {}

  /// The method on patches of a size, in steps of a number of images.
  public init(patchSize: Int, steps: Int = 1000, batchSize: Int = 16, seed: UInt64 = 1234) {
    self.patchSize = PatchSize(patchSize)
    recipe = TrainingRecipe(steps: steps, batchSize: batchSize, seed: seed)
  }

  /// The method on patches with a side for each axis, in steps of a number of images.
  public init(patchSize: PatchSize, steps: Int = 1000, batchSize: Int = 16, seed: UInt64 = 1234) {
    self.patchSize = patchSize
    recipe = TrainingRecipe(steps: steps, batchSize: batchSize, seed: seed)
  }

  /// The weights of the three losses.
  public struct Weights: Sendable, Hashable, Codable {
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
