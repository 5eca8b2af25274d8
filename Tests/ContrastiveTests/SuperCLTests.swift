import Contrastive
import Foundation
import NN
import Superpixel
import Tensor
import Testing

@Suite struct SuperCLTests {
  @Test func theDefaultsAreTheMethods() throws {
    let configuration = SuperCL()
    try configuration.validate()
    #expect(configuration.temperature == 0.1 && configuration.baseTemperature == 0.07)
    #expect(configuration.weights == .init(instance: 1, intra: 1, inter: 0.5))
    #expect(configuration.slic == SLIC(segmentCount: 100, compactness: 10, maximumIterations: 10))
    #expect(configuration.slic.mode == .standard && configuration.superpixelChannels == .all)
    #expect(configuration.positionThreshold == 0.1)
    #expect(configuration.learningRate == 0.01 && configuration.momentum == 0.9)
    #expect(configuration.weightDecay == 1e-5 && configuration.recipe.seed == 1234)
    #expect(configuration.pixelSampling == .flat(stride: 1) && configuration.intraLevel == .automatic)
    #expect(configuration.patchSize == 512 && configuration.recipe.batchSize == 16)
    #expect(configuration.variedSource == .fixedViews && configuration.fixedViewMirrors == .none)
    #expect(configuration.padding == .random && configuration.recipe.lastBatch == .carriedOver)
    #expect(configuration.imageScaling == .unchanged)
  }

  @Test func theReleasedSettingsHaveTheirQuirks() throws {
    for configuration in [SuperCL.asReleased, .kitsAsReleased] {
      try configuration.validate()
      #expect(configuration.fixedViewMirrors == .withVariedViews)
      #expect(configuration.fixedAugmentation.quantization == .truncation)
      #expect(configuration.variedAugmentation == .asReleased)
      #expect(configuration.slic.mode == .skimageCompatible)
      #expect(configuration.superpixelChannels == .repeatedAsColor(0))
      #expect(configuration.pixelSampling == .flat(stride: 16))
      #expect(
        configuration.padding == .centered && configuration.recipe.lastBatch == .dropped
          && configuration.intraLevel == .bottleneck)
    }
    #expect(SuperCL.asReleased.fixedAugmentation.scaling == .eightBit)
    #expect(SuperCL.kitsAsReleased.fixedAugmentation.scaling == .grayLevels)
  }

  @Test func bratsIsTheMethods() throws {
    let configuration = SuperCL.brats
    try configuration.validate()
    #expect(configuration.patchSize == 192 && configuration.recipe.batchSize == 32)
    #expect(configuration.variedSource == .image && configuration.fixedViewMirrors == .none)
    #expect(configuration.fixedAugmentation == .brats && configuration.variedAugmentation == .brats)
    #expect(configuration.imageScaling == .minMaxPerChannel)
    #expect(configuration.superpixelChannels == .repeatedAsColor(1))
    #expect(configuration.slic.mode == .skimageCompatible)
    #expect(configuration.fixedAugmentation.valueRange == 0...1)
    #expect(configuration.variedAugmentation.valueRange == 0...1)
    #expect(configuration.variedAugmentation.interpolation == .nearest)
    #expect(configuration.variedAugmentation.translationRounding == .wholePixels)
  }

  static let changes: [(String, @Sendable (inout SuperCL) -> Void)] = [
    ("temperature", { $0.temperature = 0 }), ("temperature", { $0.temperature = .nan }),
    ("baseTemperature", { $0.baseTemperature = -1 }), ("weights.intra", { $0.weights.intra = -1 }),
    ("weights", { $0.weights = .init(instance: 0, intra: 0, inter: 0) }),
    ("positionThreshold", { $0.positionThreshold = 0 }),
    ("pixelSampling", { $0.pixelSampling = .grid(stride: 0) }),
    ("slic.segmentCount", { $0.slic.segmentCount = 0 }), ("slic.compactness", { $0.slic.compactness = 0 }),
    ("slic.maximumIterations", { $0.slic.maximumIterations = 0 }), ("patchSize", { $0.patchSize = 0 }),
    ("slic.spacing", { $0.slic.spacing = [1, 1, 1] }),
    ("slic.colorConversion", { ($0.slic.colorConversion, $0.superpixelChannels) = (.lab, .one(0)) }),
    ("superpixelChannels", { $0.superpixelChannels = .repeatedAsColor(-1) }),
    ("fixedViewMirrors", { ($0.fixedViewMirrors, $0.variedSource) = (.withVariedViews, .image) }),
    ("variedAugmentation.sizeFactor", { $0.variedAugmentation.sizeFactor = .reciprocal(of: 0...1) }),
    ("variedAugmentation.sizeFactor", { $0.variedAugmentation.sizeFactor = .uniform(-1...1) }),
    (
      "slic.segmentCount", { ($0.slic.segmentCount, $0.slic.mode) = (.adaptive, .skimageCompatible) }
    ),
    ("recipe.batchSize", { $0.recipe.batchSize = 0 }), ("recipe.steps", { $0.recipe.steps = -1 }),
    ("learningRate", { $0.learningRate = 0 }),
    ("baseTemperature", { $0.baseTemperature = .infinity }),
    ("slic.compactness", { $0.slic.compactness = .infinity }),
    ("learningRate", { $0.learningRate = .infinity }), ("learningRate", { $0.learningRate = .nan }),
    ("momentum", { $0.momentum = 1.5 }), ("weightDecay", { $0.weightDecay = -1 }),
  ]

  @Test(arguments: changes.indices) func aBadFieldIsNamed(_ index: Int) {
    let (field, change) = Self.changes[index]
    var configuration = SuperCL()
    change(&configuration)
    let error = #expect(throws: PretrainingError.self) { try configuration.validate() }
    guard case .badSetting("SuperCL", let named, _, _)? = error?.code else {
      Issue.record("\(field): \(String(describing: error))")
      return
    }
    #expect(named == field)
  }

  @Test func itSurvivesJSON() throws {
    var configuration = SuperCL()
    configuration.intraLevel = .stage(3)
    configuration.fixedAugmentation = .brats
    configuration.variedAugmentation = .brats
    configuration.variedSource = .image
    configuration.baseTemperature = nil
    configuration.slic.segmentCount = .adaptive
    configuration.superpixelChannels = .one(2)
    configuration.recipe.lastBatch = .kept
    configuration.fixedViewMirrors = .withVariedViews
    let copy = try JSONDecoder().decode(
      SuperCL.self, from: JSONEncoder().encode(configuration))
    #expect(copy == configuration)
  }

  // MARK: Level and superpixels together

  private let unet = UNetConfiguration(width: 4).encoderDescription()

  /// The paper's 512 px keep the bottleneck and 100; smaller patches take a finer level or fewer superpixels.
  @Test(arguments: [
    (512, FeatureLevel.bottleneck, 100), (256, .bottleneck, 25), (192, .stage(3), 57), (128, .stage(3), 25),
    (64, .stage(2), 25), (32, .stage(1), 25), (1024, .bottleneck, 100),
  ]) func levelAndCountGoWithThePatch(_ patch: Int, _ level: FeatureLevel, _ count: Int) throws {
    let fitted = try SuperCL(patchSize: patch).fitted(to: unet)
    #expect(fitted.intraLevel == level && fitted.slic.segmentCount == .fixed(count))
    // What is chosen once stays.
    #expect(try fitted.fitted(to: unet) == fitted)
    #expect(fitted.notes(for: unet).count == 1)
  }

  /// The note has the encoder's own stride: that of a U-Net's stage 2 is 4, of this encoder's level 2 it is 8.
  @Test func theNoteNamesTheStrideOfTheEncoder() throws {
    let encoder = EncoderDescription(
      inputChannels: 1, levels: (0..<4).map { .init(channels: 8, stride: [2 << $0, 2 << $0]) })
    let fitted = try SuperCL(patchSize: 128).fitted(to: encoder)
    #expect(fitted.intraLevel == .stage(2))
    #expect(
      fitted.notes(for: encoder)[0].hasPrefix("ILCP reads the stage 2 (1/8) of patches of 128 px: 256 pixels")
    )
  }

  @Test func whatIsAskedForByNameStays() throws {
    var method = SuperCL(patchSize: 128)
    method.intraLevel = .bottleneck
    #expect(try method.fitted(to: unet) == method)
    method.intraLevel = .automatic
    method.slic.segmentCount = .adaptive
    // Each image decides, but for what ILCP needs: at stage 3 of 128 px 256 pixels are sampled, one of 64, and of the ten that
    // a superpixel has in the mean none has less than half.
    #expect(
      try method.fitted(to: unet).slic.segmentCount == .adaptive(AdaptiveCount(minimumSize: 5 * 64)))
    method.weights.intra = 0
    #expect(try method.fitted(to: unet).slic.segmentCount == .adaptive)
  }

  @Test func whatCannotFitIsNamedBeforeTheFirstStep() {
    let cases: [(String, SuperCL)] = [
      ("patchSize", SuperCL(patchSize: 40)), ("patchSize", SuperCL(patchSize: 0)),
      ("intraLevel", changed { $0.intraLevel = .stage(7) }),
      ("interLevel", changed { $0.interLevel = .stage(5) }),
      ("patchSize", changed { ($0.patchSize, $0.pixelSampling) = (16, .flat(stride: 16)) }),
    ]
    for (field, method) in cases {
      let error = #expect(throws: PretrainingError.self) {
        try PretrainingTask(method, encoder: .unet(width: 2))
      }
      guard case .badSetting("SuperCL", field, _, _)? = error?.code else {
        Issue.record("\(field): \(String(describing: error))")
        continue
      }
    }
  }

  private func changed(_ change: (inout SuperCL) -> Void) -> SuperCL {
    var method = SuperCL(patchSize: 64)
    change(&method)
    return method
  }
}
