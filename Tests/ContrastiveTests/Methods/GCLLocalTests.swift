import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct GCLLocalTests {
  static func tiny(steps: Int = 6) -> GCLLocal {
    var method = GCLLocal(decoderStages: 2)
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4)
    (method.imageSize, method.embeddingSize) = (32, 8)
    return method
  }

  @Test func theVersionsDifferInIntensityAlone() throws {
    let method = Self.tiny()
    let views = try method.views(of: testSlices(3), key: RandomKey(seed: 2))
    #expect(views.map(\.shape) == [[3, 32, 32, 1], [3, 32, 32, 1]])
    for image in 0..<3 {
      // Brightness and contrast are a line: pixels of the two correlate fully.
      let (a, b) = (views[0][image].flattened(), views[1][image].flattened())
      let (x, y) = (a - a.mean(), b - b.mean())
      let correlation = (x * y).sum().item / (x.norm().item * y.norm().item)
      #expect(correlation > 0.9999 && a != b)
    }
  }

  @Test func theFrozenEncoderKeepsItsBytesAndTheDecoderLearns() throws {
    let first = try PretrainingTask(GCLTests.tiny(steps: 2), encoder: .unet(width: 4))
    try TrainingLoop(first, on: placedSlices(volumes: 4, slices: 5)).run()
    let second = try PretrainingTask(Self.tiny(), encoder: .unet(width: 4), startingFrom: first.encoder)
    #expect(haveSameState(second.encoder, first.encoder))
    let weights = second.learner.decoder.parameters.filter { $0.shape.rank > 1 }
    let start = weights.map(\.value)
    try TrainingLoop(second, on: testSlices(6)).run()
    #expect(haveSameState(second.encoder, first.encoder), "running statistics of its norms, too")
    #expect(zip(weights, start).allSatisfy { $0.value != $1 })
    let moved = second.method.objectives(of: second.learner)[0].groups.flatMap(\.parameters).map(\.name)
    #expect(!moved.contains { $0.hasPrefix("encoder.") } && moved.contains("decoder.stages.1.up.weight"))

    // Fine-tuning takes both: the two stages that are there, and the others at their first weights.
    var generator = RandomKey(seed: 9).generator
    let unet = UNet<Float>(UNetConfiguration(width: 4), classCount: 2, using: &generator)
    try unet.encoder.load(second.encoder.state())
    let report = try unet.decoder.load(second.learner.decoder.state(), policy: .matching)
    #expect(report.unexpected.isEmpty && report.mismatched.isEmpty)
    #expect(report.loaded.count == second.learner.decoder.state().entries.count)
    #expect(report.missing.allSatisfy { $0.hasPrefix("stages.2.") || $0.hasPrefix("stages.3.") })
  }

  // MARK: L^D

  static func tinyAcross(steps: Int = 6) -> GCLLocal {
    var method = GCLLocal(decoderStages: 2, pairs: .acrossVolumes)
    method.recipe = TrainingRecipe(steps: steps, batchSize: 6)
    (method.imageSize, method.embeddingSize, method.parts) = (32, 8, 2)
    return method
  }

  @Test func acrossVolumesItTrainsInTheOrderOfParts() throws {
    let slices = placedSlices(volumes: 4, slices: 5)
    let method = Self.tinyAcross()
    #expect(method.negativeCount == 4 && GCLLocal().negativeCount == 5)
    let task = try PretrainingTask(method, encoder: .unet(width: 4))
    let weights = task.learner.decoder.parameters.filter { $0.shape.rank > 1 }
    let start = weights.map(\.value)
    try TrainingLoop(task, on: slices).run()
    #expect(zip(weights, start).allSatisfy { $0.value != $1 })

    // The loss is the one of its name.
    let order = try #require(try method.sampler(over: ArrayDataset(slices))).indices(epoch: 0)
    let views = try method.views(of: order.prefix(6).map { slices[$0] }, key: RandomKey(seed: 2))
    let outcome = try method.evaluate(task.learner, views, at: testMoment(0))
    let negatives = task.learner.regions.negatives.map { Array($0.prefix(4)) }
    let both = Variable(Tensor(concatenating: views, along: 0))
    let together = task.learner.regions(of: both).split(along: 0, count: 2)
    let expected = LocalRegionContrastiveLoss().acrossVolumes(
      together[0], together[1], parts: 2, negatives: negatives)
    #expect(abs(outcome.losses[0].item - expected.item) <= 1e-5)
  }

  @Test func whatAcrossVolumesNeedsIsNamed() throws {
    func error(_ change: (inout GCLLocal, inout [PretrainingImage]) -> Void) -> String? {
      var (method, images) = (Self.tinyAcross(), placedSlices(volumes: 4, slices: 5))
      change(&method, &images)
      return pretrainingError {
        _ = try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: images)
      }?.description
    }
    #expect(error { _, _ in } == nil)
    #expect(error { method, _ in method.recipe.batchSize = 4 }?.contains("recipe.batchSize = 4") == true)
    #expect(error { method, _ in method.parts = 0 }?.contains("parts = 0") == true)
    #expect(error { method, _ in method.negativeCount = 6 }?.contains("negativeCount = 6") == true)
    #expect(error { _, images in images[3].volume = nil }?.contains("images[3].volume = nil") == true)
    #expect(error { _, images in images.removeSubrange(10...) }?.contains("images = 2 volumes") == true)
    let slices = placedSlices(volumes: 3, slices: 5)
    let mixed = pretrainingError {
      _ = try Self.tinyAcross().views(of: Array(slices[0..<6]), key: RandomKey(seed: 1))
    }
    #expect(mixed?.description.hasPrefix("GCL local: sampler = image") == true)
  }

  @Test func aForeignEncoderIsRefused() throws {
    let other = try PretrainingTask(GCLTests.tiny(), encoder: .unet(width: 2))
    #expect(throws: CheckpointError.self) {
      try PretrainingTask(Self.tiny(), encoder: .unet(width: 4), startingFrom: other.encoder)
    }
  }

  @Test func aMapOf8PixelsHasARowForEachPlace() throws {
    let method = Self.tiny()
    let learner = method.makeLearner(.unet(width: 4), key: RandomKey(seed: 5))
    let image = try method.views(of: testSlices(1), key: RandomKey(seed: 2))[0]
    let rows = learner.regions(of: Variable(image))
    #expect(rows.shape == [1, 17, 8])
    #expect(learner.regions.corners(inMapOf: [8, 8])[12] == [3, 3])
  }

  @Test(arguments: [GCLLocal.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: GCLLocal) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    #expect(try JSONDecoder().decode(GCLLocal.self, from: JSONEncoder().encode(method)) == method)
  }
}
