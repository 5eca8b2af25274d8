import Contrastive
import NN
import Tensor
import Testing

/// A number that does not fit is named before the first step, with its method and value.
@Suite struct MethodSettingsTests {
  struct Case<Method: Sendable>: Sendable, CustomTestStringConvertible {
    let field: String
    let value: String
    let change: @Sendable (inout Method) -> Void
    var testDescription: String { "\(field) = \(value)" }

    init(_ field: String, _ value: String, _ change: @escaping @Sendable (inout Method) -> Void) {
      (self.field, self.value, self.change) = (field, value, change)
    }
  }

  private func expectRefused<Method: PretrainingMethod>(_ method: Method, _ bad: Case<Method>) {
    var method = method
    bad.change(&method)
    guard
      case .badSetting(Method.name, bad.field, bad.value, _)? = pretrainingError({
        _ = try PretrainingTask(method, encoder: .unet(width: 4))
      })?.code
    else {
      Issue.record("\(bad.field) = \(bad.value) is not refused by name")
      return
    }
  }

  @Test(arguments: [
    Case<MoCo>("temperature", "0.0") { $0.temperature = 0 },
    Case("temperature", "nan") { $0.temperature = .nan },
    Case("queueLength", "0") { $0.queueLength = 0 }, Case("queueLength", "18") { $0.queueLength = 18 },
    Case("queueLength", "4") {
      $0.queueLength = 4; $0.recipe.accumulation = 2
    },
    Case("recipe.lastBatch", "kept") { $0.recipe.lastBatch = .kept },
    Case("momentum", "1.5") { $0.momentum = 1.5 }, Case("embeddingSize", "0") { $0.embeddingSize = 0 },
    Case("hiddenFeatures", "-1") { $0.hiddenFeatures = -1 }, Case("keyGroups", "3") { $0.keyGroups = 3 },
    Case("queryGroups", "0") { $0.queryGroups = 0 },
    Case("projector.layers", "0") { $0.projector = .normalized(layers: 0) },
    Case("keyGroups", "4") { ($0.projector, $0.keyGroups) = (.normalized(layers: 2), 4) },
    Case("queryGroups", "4") { ($0.projector, $0.queryGroups) = (.normalized(layers: 2), 4) },
    Case("optimization.rate", "0.0") { $0.optimization.rate = 0 },
    Case("recipe.batchSize", "0") { $0.recipe.batchSize = 0 },
    Case("recipe.steps", "-1") { $0.recipe.steps = -1 },
    Case("views.sizes", "[30, 30]") { $0.views = .varied(VariedViews(patchSize: 30)) },
    Case("views.varied.patchSize", "0") { $0.views = .varied(VariedViews(patchSize: 0)) },
    Case("views.sizes", "[[32, 32], [32, 32], [32, 32]]") {
      $0.views = .varied(VariedViews(count: 3, patchSize: 32))
    },
    Case("views.crops.crops[0].area", "0.5...2.0") {
      $0.views = .crops(MultiCrop([.init(count: 2, size: 32, area: 0.5...2)], intensity: nil))
    },
    Case("views.crops.intensity.probability", "1.5") {
      let jitter = IntensityJitter(brightness: 1...1, contrast: 1...1, probability: 1.5)
      $0.views = .crops(MultiCrop([.init(count: 2, size: 32, area: 0.5...1)], intensity: jitter))
    },
  ])
  func moCoRefuses(bad: Case<MoCo>) { expectRefused(MoCoTests.tiny(), bad) }

  @Test(arguments: [
    Case<SwAV>("temperature", "-0.1") { $0.temperature = -0.1 },
    Case("recipe.batchSize", "1") { $0.recipe.batchSize = 1 },
    Case("sinkhorn.epsilon", "0.0") { $0.sinkhorn.epsilon = 0 },
    Case("sinkhorn.iterations", "0") { $0.sinkhorn.iterations = 0 },
    Case("prototypeCount", "0") { $0.prototypeCount = 0 }, Case("frozenSteps", "-1") { $0.frozenSteps = -1 },
    Case("queue.length", "10") { $0.queue?.length = 10 },
    Case("queue.startStep", "-5") { $0.queue?.startStep = -5 },
    Case("assignedCrops", "4") { $0.assignedCrops = 4 },
    Case("hiddenFeatures", "0") { $0.hiddenFeatures = 0 },
    Case("recipe.accumulation", "0") { $0.recipe.accumulation = 0 },
    Case("optimization.weightDecay", "-1.0") { $0.optimization.weightDecay = -1 },
    Case("views.sizes", "[[32, 32]]") { $0.views = .varied(VariedViews(count: 1, patchSize: 32)) },
    Case("views.crops.crops", "[]") { $0.views = .crops(MultiCrop([], intensity: nil)) },
  ])
  func swAVRefuses(bad: Case<SwAV>) { expectRefused(SwAVTests.tiny(), bad) }

  @Test func cropsOfSlicesDoNotTrainAnEncoderOfVolumes() {
    let configuration = UNetConfiguration(widths: [2, 4])
    let error = pretrainingError {
      _ = try PretrainingTask(MoCo.small, encoder: .unet3D(configuration))
    }
    #expect(error?.description.contains("encoder = 3 spatial axes") == true)
  }

  /// Where weights alone decay, biases and norms stand in a group without.
  @Test func whatDecaysIsAskedOfEveryRecipe() throws {
    func decays<Method: PretrainingMethod>(_ method: Method) throws -> [Double?] {
      let task = try PretrainingTask(method, encoder: .unet(width: 4))
      return task.objectives[0].groups.map(\.weightDecay)
    }
    var (moCo, swAV) = (MoCoTests.tiny(), SwAVTests.tiny())
    #expect(try decays(moCo) == [nil] && decays(swAV) == [nil])
    moCo.optimization.decayed = .weights
    swAV.optimization.decayed = .weights
    #expect(try decays(moCo) == [nil, 0] && decays(swAV) == [nil, 0])
  }
}
