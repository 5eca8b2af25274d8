import Contrastive
import Foundation
import Superpixel
import Tensor
import Testing

@Suite struct SuperCLConfigurationTests {
  @Test func theDefaultsAreTheMethods() throws {
    let configuration = SuperCLConfiguration()
    try configuration.validate()
    #expect(configuration.temperature == 0.1 && configuration.baseTemperature == 0.07)
    #expect(configuration.weights == .init(instance: 1, intra: 1, inter: 0.5))
    #expect(configuration.slic == SLIC(segmentCount: 100, compactness: 10, maximumIterations: 10))
    #expect(configuration.slic.mode == .standard && configuration.superpixelChannels == .all)
    #expect(configuration.positionThreshold == 0.1)
    #expect(configuration.learningRate == 0.01 && configuration.momentum == 0.9)
    #expect(configuration.weightDecay == 1e-5 && configuration.seed == 1234)
    #expect(configuration.pixelSampling == .flat(stride: 1) && configuration.intraLevel == .bottleneck)
    #expect(configuration.patchSize == 512 && configuration.batchSize == 16)
    #expect(configuration.variedSource == .fixedViews && configuration.fixedViewMirrors == .none)
    #expect(configuration.padding == .random && configuration.epochs == .continuous)
    #expect(configuration.imageScaling == .unchanged)
  }

  @Test func theReleasedSettingsHaveTheirQuirks() throws {
    for configuration in [SuperCLConfiguration.asReleased, .kitsAsReleased] {
      try configuration.validate()
      #expect(configuration.fixedViewMirrors == .withVariedViews)
      #expect(configuration.fixedAugmentation.quantization == .truncation)
      #expect(configuration.variedAugmentation == .asReleased)
      #expect(configuration.slic.mode == .skimageCompatible)
      #expect(configuration.superpixelChannels == .repeatedAsColor(0))
      #expect(configuration.pixelSampling == .flat(stride: 16))
      #expect(configuration.padding == .centered && configuration.epochs == .perEpoch(.dropped))
    }
    #expect(SuperCLConfiguration.asReleased.fixedAugmentation.scaling == .eightBit)
    #expect(SuperCLConfiguration.kitsAsReleased.fixedAugmentation.scaling == .grayLevels)
  }

  @Test func bratsIsTheMethods() throws {
    let configuration = SuperCLConfiguration.brats
    try configuration.validate()
    #expect(configuration.patchSize == 192 && configuration.batchSize == 32)
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

  static let changes: [(String, @Sendable (inout SuperCLConfiguration) -> Void)] = [
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
    ("batchSize", { $0.batchSize = 0 }), ("steps", { $0.steps = -1 }),
    ("learningRate", { $0.learningRate = 0 }),
    ("baseTemperature", { $0.baseTemperature = .infinity }),
    ("slic.compactness", { $0.slic.compactness = .infinity }),
    ("learningRate", { $0.learningRate = .infinity }), ("learningRate", { $0.learningRate = .nan }),
    ("momentum", { $0.momentum = 1.5 }), ("weightDecay", { $0.weightDecay = -1 }),
  ]

  @Test(arguments: changes.indices) func aBadFieldIsNamed(_ index: Int) {
    let (field, change) = Self.changes[index]
    var configuration = SuperCLConfiguration()
    change(&configuration)
    let error = #expect(throws: SuperCLError.self) { try configuration.validate() }
    guard case .badConfiguration(let named, _, _) = error else {
      Issue.record("\(field): \(String(describing: error))")
      return
    }
    #expect(named == field)
  }

  @Test func itSurvivesJSON() throws {
    var configuration = SuperCLConfiguration()
    configuration.intraLevel = .stage(3)
    configuration.fixedAugmentation = .brats
    configuration.variedAugmentation = .brats
    configuration.variedSource = .image
    configuration.baseTemperature = nil
    configuration.slic.segmentCount = .adaptive
    configuration.superpixelChannels = .one(2)
    configuration.epochs = .perEpoch(.kept)
    configuration.fixedViewMirrors = .withVariedViews
    let copy = try JSONDecoder().decode(
      SuperCLConfiguration.self, from: JSONEncoder().encode(configuration))
    #expect(copy == configuration)
  }
}
