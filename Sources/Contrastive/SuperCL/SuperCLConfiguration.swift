/// Everything that changes the result of SuperCL pre-training; the defaults are the paper's or its released code's.
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
  /// Which pixels ILCP takes: all (stride 1, the paper's best; the release script runs 16).
  public var pixelSampling = PixelSampling.flat(stride: 1)
  /// Over which pixels ILCP's denominator runs: those of the image.
  public var pixelScope = PixelScope.image
  /// What ASP divides by: all pixels of the map.
  public var superpixelFeatures = AverageSuperpixelFeatures()
  /// What SLIC runs on: each fixed view.
  public var superpixelSource = SuperpixelSource.fixedViews
  /// SLIC: 100 segments.
  public var segmentCount = 100
  /// SLIC: compactness 10.
  public var compactness = 10.0
  /// SLIC: at most 10 passes.
  public var slicIterations = 10
  /// T_fix: changes of intensity, drawn for each of the two fixed views.
  public var fixedAugmentation = FixedAugmentation()
  /// T_var: changes in space, drawn for each of the two varied views.
  public var variedAugmentation = VariedAugmentation()
  /// What T_var moves: each fixed view (CHD, KiTS) or the patch before T_fix (BraTS).
  public var variedSource = VariedSource.fixedViews
  /// Side of the square patch: 512 for CHD and KiTS, 192 for BraTS.
  public var patchSize = 512
  /// Images per step: 16 per GPU for CHD and KiTS, 32 for BraTS.
  public var batchSize = 16
  /// Steps in all. The paper trains 100 epochs: `100 * images / batchSize`.
  public var steps = 1000
  /// SGD's rate at the start of the cosine to 0: .01 in the scripts (the paper's text says .1, which collapses).
  public var learningRate = 0.01
  /// SGD's momentum: .9.
  public var momentum = 0.9
  /// SGD's L2 weight decay: 1e-5.
  public var weightDecay = 1e-5
  /// The seed: 1234.
  public var seed: UInt64 = 1234

  /// CHD and KiTS in the released code.
  public init() {}

  /// BraTS in the released code: brightness alone in T_fix, T_var from the clean image, patches of 192, 32 images a step.
  /// Each channel of a slice is min-max normalised beforehand.
  public static var brats: SuperCLConfiguration {
    var configuration = SuperCLConfiguration()
    configuration.fixedAugmentation = .brats
    configuration.variedAugmentation = .brats
    configuration.variedSource = .image
    configuration.patchSize = 192
    configuration.batchSize = 32
    return configuration
  }

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

  /// Checks every field.
  ///
  /// - Throws: ``SuperCLError/badConfiguration(field:value:reason:)``, naming the first that is out of range.
  public func validate() throws(SuperCLError) {
    func require(_ isGood: Bool, _ field: String, _ value: Any, _ reason: String) throws(SuperCLError) {
      guard isGood else { throw .badConfiguration(field: field, value: "\(value)", reason: reason) }
    }
    try require(temperature > 0 && temperature.isFinite, "temperature", temperature, "must be positive")
    try require(
      baseTemperature.map { $0 > 0 && $0.isFinite } ?? true, "baseTemperature", baseTemperature ?? 0,
      "must be positive")
    for (name, weight) in [
      ("instance", weights.instance), ("intra", weights.intra), ("inter", weights.inter),
    ] {
      try require(weight >= 0 && weight.isFinite, "weights.\(name)", weight, "must not be negative")
    }
    try require(
      weights.instance + weights.intra + weights.inter > 0, "weights", weights, "one must be positive")
    try require(
      positionThreshold.map { $0 > 0 } ?? true, "positionThreshold", positionThreshold ?? 0,
      "must be positive")
    try require(pixelSampling.stride >= 1, "pixelSampling", pixelSampling, "the stride must be at least 1")
    try require(segmentCount >= 1, "segmentCount", segmentCount, "must be at least 1")
    try require(compactness > 0 && compactness.isFinite, "compactness", compactness, "must be positive")
    try require(slicIterations >= 1, "slicIterations", slicIterations, "must be at least 1")
    try require(patchSize >= 1, "patchSize", patchSize, "must be at least 1")
    try require(batchSize >= 1, "batchSize", batchSize, "must be at least 1")
    try require(steps >= 0, "steps", steps, "must not be negative")
    try require(learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "must be positive")
    try require((0..<1).contains(momentum), "momentum", momentum, "must be at least 0 and below 1")
    try require(weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "must not be negative")
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

/// Which image the varied views are made of.
public enum VariedSource: String, Sendable, Codable {
  /// Each of the two fixed views: the released code for CHD and KiTS.
  case fixedViews
  /// The patch before T_fix, for both: the released code for BraTS.
  case image
}
