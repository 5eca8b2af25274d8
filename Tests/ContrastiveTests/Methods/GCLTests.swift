import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct GCLTests {
  static func tiny(_ pairs: PartitionPairs = .acrossVolumes, steps: Int = 6) -> GCL {
    var method = GCL(pairs: pairs, parts: 2)
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4)
    (method.hiddenFeatures, method.embeddingSize) = (16, 8)
    method.views = .crops(
      MultiCrop(
        [.init(count: pairs.augmentations, size: 32, area: 0.3...1)], mirrorProbability: 0,
        intensity: MultiCrop.gcl.intensity))
    return method
  }

  private let slices = placedSlices(volumes: 4, slices: 5)

  /// The images of a batch, as the sampler orders them.
  private func batch(_ method: GCL, count: Int) throws -> [PretrainingImage] {
    let sampler = try #require(try method.sampler(over: ArrayDataset(slices)))
    return sampler.indices(epoch: 0).prefix(count).map { slices[$0] }
  }

  @Test func rowsStandInBlocksOfImagesAndAugmentations() throws {
    let method = Self.tiny()
    let images = try batch(method, count: 8)
    let rows = try method.views(of: images, key: RandomKey(seed: 2))
    #expect(rows.shape == [16, 32, 32, 1])
    // The image itself, resized, is the same whatever the key; its augmentation is not.
    let other = try method.views(of: images, key: RandomKey(seed: 3))
    for row in 0..<16 {
      let isImage = row % 4 < 2
      #expect((rows[row] == other[row]) == isImage, "row \(row)")
    }
    // Blocks x_i, a_i, x_j, a_j: rows 0, 1 are images 0, 1; rows 4, 5 are images 2, 3; rows 8, 9 are 4, 5.
    let alone = try method.views(of: Array(images[4..<8]), key: RandomKey(seed: 3))
    #expect(rows.sliced(along: 0, 8..<10) == alone.sliced(along: 0, 0..<2))
    #expect(rows.sliced(along: 0, 12..<14) == alone.sliced(along: 0, 4..<6))
  }

  @Test func withinAVolumeAllImagesComeFirst() throws {
    let method = Self.tiny(.withinVolume)
    let images = try batch(method, count: 4)
    let (rows, other) = (
      try method.views(of: images, key: RandomKey(seed: 2)),
      try method.views(of: images, key: RandomKey(seed: 3))
    )
    #expect(rows.shape == [12, 32, 32, 1])
    for row in 0..<12 { #expect((rows[row] == other[row]) == (row < 4), "row \(row)") }
    #expect(rows[4] != rows[8], "two augmentations")
  }

  /// The released stitching leaves the last group of a batch black.
  @Test func theLastGroupIsBlackAsReleased() throws {
    let method = Self.tiny(.acrossVolumesAsReleased)
    let images = try batch(method, count: 8)
    let (released, formula) = (
      try method.views(of: images, key: RandomKey(seed: 2)),
      try Self.tiny().views(of: images, key: RandomKey(seed: 2))
    )
    #expect(released.sliced(along: 0, 0..<8) == formula.sliced(along: 0, 0..<8))
    #expect(released.sliced(along: 0, 8...) == Tensor(zeros: [8, 32, 32, 1]))
    #expect(formula.sliced(along: 0, 8...).min().item != 0)
  }

  @Test func itChoosesTheOrderByItself() throws {
    let task = try PretrainingTask(Self.tiny(), encoder: .unet(width: 4))
    var steps = 0
    try TrainingLoop(task, on: slices).run {
      #expect($0.terms.map(\.name) == ["loss", "spread"])
      steps += 1
      return .proceed
    }
    #expect(steps == 6)
    let shuffled = ShuffledSampler(count: slices.count, seed: 4)
    let error = #expect(throws: DataError.self) {
      try TrainingLoop(
        PretrainingTask(Self.tiny(), encoder: .unet(width: 4)), on: ArrayDataset(slices), sampler: shuffled
      ).run()
    }
    #expect(error.map { "\($0)".contains("GCL: sampler = image") } == true, "\(String(describing: error))")
  }

  @Test(arguments: [1, 2, 3, 6]) func aBatchOfAnotherSizeIsRefused(_ count: Int) throws {
    let method = Self.tiny()
    let images = Array(try batch(method, count: 8).prefix(count))
    let error = pretrainingError { _ = try method.views(of: images, key: RandomKey(seed: 2)) }
    #expect(error?.description.hasPrefix("GCL: images.count = \(count): ") == true)
  }

  @Test func theImagesThatItNeedsAreNamed() throws {
    func error(_ change: (inout [PretrainingImage]) -> Void) -> String? {
      var images = slices
      change(&images)
      return pretrainingError {
        _ = try TrainingLoop(PretrainingTask(Self.tiny(), encoder: .unet(width: 4)), on: images)
      }?.description
    }
    #expect(error { $0[7].volume = nil }?.hasPrefix("GCL: images[7].volume = nil") == true)
    #expect(error { $0[2].position = nil }?.hasPrefix("GCL: images[2].position = nil") == true)
    #expect(
      error { $0.removeSubrange(6..<10) }?.contains(
        "GCL: parts = 2: volume 1 has no slice in part 2 (it has 1)")
        == true)
    #expect(error { $0.removeSubrange(5...) }?.contains("GCL: images = 1 volumes") == true)
    #expect(error { _ in } == nil)
  }

  @Test(arguments: [GCL.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: GCL) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    #expect(try JSONDecoder().decode(GCL.self, from: JSONEncoder().encode(method)) == method)
  }

  @Test func theReleasedWindowIs100Of192() throws {
    let area = (100.0 / 192) * (100.0 / 192)
    let window = try #require(MultiCrop.gcl.crops.first)
    #expect(window.area.contains(area) && window.area.upperBound - window.area.lowerBound < 0.002)
  }
}
