import Contrastive
import NN
import Tensor
import Testing

/// A number of PCL, WCL, GCL or DiRA that does not fit is named before the first step, with its method and value.
@Suite struct VolumeMethodSettingsTests {
  typealias Case = MethodSettingsTests.Case

  private func expectRefused<Method: PretrainingMethod>(_ method: Method, _ bad: Case<Method>) {
    var method = method
    bad.change(&method)
    let error = pretrainingError { _ = try PretrainingTask(method, encoder: .unet(width: 4)) }
    guard case .badSetting(Method.name, bad.field, bad.value, _)? = error?.code else {
      Issue.record("\(bad.field) = \(bad.value) is not refused by name: \(String(describing: error))")
      return
    }
  }

  @Test(arguments: [
    Case<PCL>("temperature", "0.0") { $0.temperature = 0 },
    Case("baseTemperature", "-1.0") { $0.baseTemperature = -1 },
    Case("positives.threshold", "0.0") { $0.positives = .position(threshold: 0) },
    Case("positives.parts", "0") { $0.positives = .parts(0) },
    Case("hiddenFeatures", "0") { $0.hiddenFeatures = 0 },
    Case("embeddingSize", "-2") { $0.embeddingSize = -2 },
    Case("recipe.batchSize", "1") { $0.recipe.batchSize = 1 },
    Case("views.sizes", "[[32, 32]]") { $0.views = .varied(VariedViews(count: 1, patchSize: 32)) },
  ])
  func pclRefuses(bad: Case<PCL>) { expectRefused(PCLTests.tiny(), bad) }

  @Test(arguments: [
    Case<WCL>("temperature", "nan") { $0.temperature = .nan },
    Case("graphWeight", "-0.5") { $0.graphWeight = -0.5 },
    Case("hiddenFeatures", "0") { $0.hiddenFeatures = 0 },
    Case("embeddingSize", "0") { $0.embeddingSize = 0 },
    Case("recipe.batchSize", "2") { $0.recipe.batchSize = 2 },
    Case("views.sizes", "[30, 30]") { $0.views = .varied(VariedViews(patchSize: 30)) },
  ])
  func wclRefuses(bad: Case<WCL>) { expectRefused(WCLTests.tiny(), bad) }

  @Test(arguments: [
    Case<GCL>("temperature", "-0.1") { $0.temperature = -0.1 }, Case("parts", "1") { $0.parts = 1 },
    Case("recipe.batchSize", "2") { $0.recipe.batchSize = 2 },
    Case("recipe.batchSize", "6") { $0.recipe.batchSize = 6 },
    Case("recipe.batchSize", "4") { $0.parts = 4 },
    Case("recipe.lastBatch", "kept") { $0.recipe.lastBatch = .kept },
    Case("hiddenFeatures", "0") { $0.hiddenFeatures = 0 },
    Case("embeddingSize", "0") { $0.embeddingSize = 0 },
    Case("views.sizes", "[[32, 32]]") { $0.pairs = .withinVolume },
  ])
  func gclRefuses(bad: Case<GCL>) { expectRefused(GCLTests.tiny(), bad) }

  @Test(arguments: [
    Case<GCLLocal>("temperature", "0.0") { $0.temperature = 0 },
    Case("decoderStages", "0") { $0.decoderStages = 0 }, Case("decoderStages", "5") { $0.decoderStages = 5 },
    Case("decoderStages", "1") { $0.decoderStages = 1 },
    Case("embeddingSize", "0") { $0.embeddingSize = 0 }, Case("imageSize", "0") { $0.imageSize = 0 },
    Case("imageSize.sizes", "[40, 40]") { $0.imageSize = 40 },
    Case("intensity.probability", "2.0") { $0.intensity.probability = 2 },
  ])
  func gclLocalRefuses(bad: Case<GCLLocal>) { expectRefused(GCLLocalTests.tiny(), bad) }

  @Test(arguments: [
    Case<DiRA>("temperature", "0.0") { $0.temperature = 0 },
    Case("queueLength", "18") { $0.queueLength = 18 },
    Case("momentum", "1.5") { $0.momentum = 1.5 }, Case("queryGroups", "3") { $0.queryGroups = 3 },
    Case("projector.layers", "0") { $0.projector = .normalized(layers: 0) },
    Case("weights.restorationWeight", "-1.0") { $0.weights.restorationWeight = -1 },
    Case("weights.adversarialWeight", "inf") { $0.weights.adversarialWeight = .infinity },
    Case("distortion.blackening", "1.5") { $0.distortion.blackening = 1.5 },
    Case("distortion.swapping", "0.9") { $0.distortion.swapping = 0.9 },
    Case("distortion.swapSides", "0.5...2.0") { $0.distortion.swapSides = 0.5...2 },
    Case("distortion.blockCount", "0") { $0.distortion.blockCount = 0 },
    Case("adversary.widths", "[4]") { $0.adversary?.widths = [4] },
    Case("adversary.widths", "[1, 1, 1, 1, 1, 1, 1]") { $0.adversary?.widths = [1, 1, 1, 1, 1, 1, 1] },
    Case("adversary.optimization.rate", "0.0") { $0.adversary?.optimization.rate = 0 },
    Case("views.sizes", "[[32, 32]]") { $0.views = .varied(VariedViews(count: 1, patchSize: 32)) },
  ])
  func diraRefuses(bad: Case<DiRA>) { expectRefused(DiRATests.tiny(), bad) }

  @Test func cropsAreNotLargerThanTheirSlices() throws {
    func error<Method: PretrainingMethod>(_ method: Method) -> String? {
      pretrainingError {
        _ = try TrainingLoop(
          PretrainingTask(method, encoder: .unet(width: 4)), on: placedSlices(volumes: 4, slices: 4, side: 30)
        )
      }?.description
    }
    var wcl = WCLTests.tiny()
    wcl.views = .crops(MultiCrop([.init(count: 2, size: 32, area: 0.3...1)], intensity: nil))
    for error in [error(wcl), error(GCLTests.tiny()), error(DiRATests.tiny())] {
      #expect(error?.contains("views.sizes = [32, 32]") == true, "\(error ?? "")")
    }
  }

  @Test func encodersWithoutHalvingsHaveNoDecoder() {
    for error in [
      pretrainingError { _ = try GCLLocalTests.tiny().fitted(to: Self.stem) },
      pretrainingError { _ = try DiRATests.tiny().fitted(to: Self.stem) },
    ] {
      #expect(
        error?.description.contains("encoder = strides [[4, 4], [8, 8]]") == true,
        "\(String(describing: error))")
    }
  }

  /// Levels that begin at a fourth of the image.
  private static let stem = EncoderDescription(
    inputChannels: 1, levels: [.init(channels: 4, stride: [4, 4]), .init(channels: 8, stride: [8, 8])])
}
