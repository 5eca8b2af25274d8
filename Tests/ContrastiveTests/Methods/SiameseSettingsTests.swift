import Contrastive
import NN
import Tensor
import Testing

/// Numbers and images that do not fit are named before the first step: SimCLR, BYOL, SimSiam, SimTriplet, DeSD.
@Suite struct SiameseSettingsTests {
  private typealias Case = MethodSettingsTests.Case

  private func expectRefused<Method: PretrainingMethod>(
    _ method: Method, _ bad: [MethodSettingsTests.Case<Method>]
  ) {
    for bad in bad {
      var method = method
      bad.change(&method)
      guard
        case .badSetting(Method.name, bad.field, bad.value, _)? = pretrainingError({
          _ = try PretrainingTask(method, encoder: .unet(width: 4))
        })?.code
      else {
        Issue.record("\(Method.name): \(bad.field) = \(bad.value) is not refused by name")
        continue
      }
    }
  }

  @Test func simCLRRefuses() {
    expectRefused(
      SimCLRTests.tiny(),
      [
        Case("temperature", "0.0") { $0.temperature = 0 },
        Case("temperature", "inf") { $0.temperature = .infinity },
        Case("projector.layers", "0") { $0.projector = .normalized(layers: 0) },
        Case("hiddenFeatures", "0") { $0.hiddenFeatures = 0 },
        Case("embeddingSize", "0") { $0.embeddingSize = 0 },
        Case("recipe.batchSize", "1") { $0.recipe.batchSize = 1 },
        Case("optimization.rate", "-1.0") { $0.optimization.rate = -1 },
        Case("views.sizes", "[30, 30]") { $0.views = .varied(VariedViews(patchSize: 30)) },
        Case("views.sizes", "[[32, 32]]") { $0.views = .varied(VariedViews(count: 1, patchSize: 32)) },
      ])
  }

  @Test func byolRefuses() {
    expectRefused(
      BYOLTests.tiny(),
      [
        Case("momentum.start", "1.5") { $0.momentum.start = 1.5 },
        Case("momentum.end", "nan") { $0.momentum.end = .nan },
        Case("hiddenFeatures", "0") { $0.hiddenFeatures = 0 },
        Case("embeddingSize", "-1") { $0.embeddingSize = -1 },
        Case("recipe.batchSize", "1") { $0.recipe.batchSize = 1 },
        Case("recipe.steps", "-1") { $0.recipe.steps = -1 },
        Case("views.crops.crops[1].intensity.blurProbability", "2.0") {
          var crops = MultiCrop.byol(size: 32, area: 0.5...1)
          crops.crops[1].intensity?.blurProbability = 2
          $0.views = .crops(crops)
        },
      ])
  }

  @Test func simSiamRefuses() {
    expectRefused(
      SimSiamTests.tiny(),
      [
        Case("predictorFeatures", "0") { $0.predictorFeatures = 0 },
        Case("projectorLayers", "0") { $0.projectorLayers = 0 },
        Case("hiddenFeatures", "0") { $0.hiddenFeatures = 0 },
        Case("embeddingSize", "0") { $0.embeddingSize = 0 },
        Case("recipe.batchSize", "1") { $0.recipe.batchSize = 1 },
        Case("optimization.weightDecay", "nan") { $0.optimization.weightDecay = .nan },
      ])
  }

  @Test func simTripletRefuses() {
    expectRefused(
      SimTripletTests.tiny(),
      [
        Case("predictorFeatures", "0") { $0.predictorFeatures = 0 },
        Case("projectorLayers", "0") { $0.projectorLayers = 0 },
        Case("embeddingSize", "0") { $0.embeddingSize = 0 },
        Case("recipe.batchSize", "1") { $0.recipe.batchSize = 1 },
        Case("view.sizes", "[[32, 32], [32, 32]]") { $0.view = .varied(VariedViews(patchSize: 32)) },
      ])
  }

  @Test func deSDRefuses() {
    expectRefused(
      DeSDTests.tiny(),
      [
        Case("studentTemperature", "0.0") { $0.studentTemperature = 0 },
        Case("teacherTemperature.start", "0.0") { $0.teacherTemperature.start = 0 },
        Case("teacherTemperature.end", "nan") { $0.teacherTemperature.end = .nan },
        Case("teacherTemperature.steps", "-1") { $0.teacherTemperature.steps = -1 },
        Case("momentum.start", "-0.1") { $0.momentum.start = -0.1 },
        Case("centerMomentum", "1.1") { $0.centerMomentum = 1.1 }, Case("depths", "0") { $0.depths = 0 },
        Case("depths", "6") { $0.depths = 6 }, Case("outputs", "0") { $0.outputs = 0 },
        Case("frozenSteps", "-1") { $0.frozenSteps = -1 },
        Case("hiddenFeatures", "0") { $0.hiddenFeatures = 0 },
        Case("bottleneckFeatures", "0") { $0.bottleneckFeatures = 0 },
        Case("recipe.batchSize", "1") { $0.recipe.batchSize = 1 },
        Case("views.sizes", "[[32, 32], [16, 16]]") {
          $0.views = .crops(
            MultiCrop(
              [.init(count: 1, size: 32, area: 0.5...1), .init(count: 1, size: 16, area: 0.5...1)],
              intensity: nil))
        },
        Case("views.windowed.scale", "0.0...1.0") {
          $0.views = .windowed(WindowedCrops(scale: 0...1, intensities: []))
        },
        Case("views.windowed.intensities[0].gammaProbability", "3.0") {
          var changes = IntensityChanges.deSDFirst
          changes.gammaProbability = 3
          $0.views = .windowed(WindowedCrops(size: 32, intensities: [changes, changes]))
        },
      ])
  }

  private func expectOneImageIsRefused<Method: PretrainingMethod>(
    _ method: Method, _ images: some Dataset<PretrainingImage>
  ) {
    let error = pretrainingError {
      _ = try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: images)
    }
    guard case .badSetting(Method.name, "images", "1", _)? = error?.code else {
      Issue.record("\(Method.name) on one image: \(String(describing: error))")
      return
    }
  }

  @Test func oneImageIsTooFew() throws {
    let one = ArrayDataset(testSlices(1))
    expectOneImageIsRefused(SimCLRTests.tiny(), one)
    expectOneImageIsRefused(BYOLTests.tiny(), one)
    expectOneImageIsRefused(SimSiamTests.tiny(), one)
    expectOneImageIsRefused(SimTripletTests.tiny(), one)
    expectOneImageIsRefused(DeSDTests.tiny(), one)
    // Five images in batches of four leave one where an epoch's rest is kept, and none where it is not.
    var method = BYOLTests.tiny()
    method.recipe.lastBatch = .kept
    let error = pretrainingError {
      _ = try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: testSlices(5))
    }
    guard case .badSetting("BYOL", "recipe.lastBatch", "kept", _)? = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
    _ = try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: testSlices(6))
  }

  private func expectLargeCropsAreRefused<Method: PretrainingMethod>(
    _ method: Method, _ field: String, _ images: [PretrainingImage]
  ) {
    let error = pretrainingError {
      _ = try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: images)
    }
    guard case .badSetting(Method.name, field, "[64, 64]", let reason)? = error?.code,
      reason.contains("[40, 36, 1]")
    else {
      Issue.record("\(Method.name): \(String(describing: error))")
      return
    }
  }

  /// Images of 40 x 36 pixels under crops of 64; patches are padded instead.
  @Test func cropsLargerThanTheImageAreRefused() throws {
    let images = testSlices(8)
    expectLargeCropsAreRefused(MoCo.small, "views.sizes", images)
    expectLargeCropsAreRefused(SwAV.small, "views.sizes", images)
    expectLargeCropsAreRefused(SimCLR.small, "views.sizes", images)
    expectLargeCropsAreRefused(BYOL.small, "views.sizes", images)
    expectLargeCropsAreRefused(SimSiam.small, "views.sizes", images)
    expectLargeCropsAreRefused(SimTriplet.small, "view.sizes", images)
    expectLargeCropsAreRefused(DeSD.small, "views.sizes", images)
    var patches = SimCLR.small
    patches.views = .varied(VariedViews(patchSize: 64))
    _ = try TrainingLoop(PretrainingTask(patches, encoder: .unet(width: 4)), on: images)
  }

  @Test func cropsOfSlicesDoNotTrainAnEncoderOfVolumes() {
    let volumes = EncoderBlueprint.unet3D(UNetConfiguration(widths: [2, 4]))
    for error in [
      pretrainingError { _ = try PretrainingTask(SimCLR.small, encoder: volumes) },
      pretrainingError { _ = try PretrainingTask(BYOL.small, encoder: volumes) },
      pretrainingError { _ = try PretrainingTask(SimSiam.small, encoder: volumes) },
      pretrainingError { _ = try PretrainingTask(SimTriplet.small, encoder: volumes) },
      pretrainingError {
        var method = DeSD.small
        method.depths = 2
        _ = try PretrainingTask(method, encoder: volumes)
      },
    ] { #expect(error?.description.contains("encoder = 3 spatial axes") == true) }
  }
}
