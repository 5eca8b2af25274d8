import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// What a program lists of every method, and runs by name.
@Suite struct PublishedMethodTests {
  static let methods: [any PublishedMethod.Type] = [
    SuperCL.self, SimCLR.self, MoCo.self, BYOL.self, SwAV.self, SimSiam.self, SimTriplet.self, GCL.self,
    GCLLocal.self, PCL.self, WCL.self, DeSD.self, DiRA.self, Scratch.self,
  ]

  @Test func everyMethodHasALineAndASource() {
    for method in Self.methods {
      #expect(!method.summary.isEmpty && method.summary.count <= 100 && !method.summary.hasSuffix("."))
      #expect(!method.source.isEmpty && !method.source.contains("\n"))
    }
    #expect(Set(Self.methods.map { $0.name }).count == Self.methods.count)
  }

  /// 100 epochs of 16 images a step, as the group's scripts run.
  @Test func theGroupsProtocolIsAHundredEpochsOfSixteen() throws {
    func check<Method: PublishedMethod>(_ type: Method.Type) throws {
      let method = type.groupProtocol(imageCount: 1600)
      #expect(method.recipe.steps == 10_000 && method.recipe.batchSize == 16, "\(Method.name)")
      _ = try method.fitted(to: EncoderBlueprint.unet(width: 4).encoderDescription)
    }
    for method in Self.methods where method.name != Scratch.name { try check(method) }
    #expect(Scratch.groupProtocol(imageCount: 1600) == Scratch())
  }

  /// Pictures are the views themselves, an image of the batch in each place.
  @Test func picturesAreTheViewsOfTheBatch() throws {
    func check<Method: PublishedMethod>(_ type: Method.Type, names: [String]) throws {
      let method = try type.small.fitted(to: EncoderBlueprint.unet(width: 4).encoderDescription)
      let slices = (0..<8).map {
        PretrainingImage(
          Tensor<Float>(repeating: Float($0 + 1), shape: [70, 66, 1]), position: Double($0 % 4 + 1) / 4,
          volume: $0 / 4)
      }
      let examples = try method.examples(of: ArrayDataset(slices))
      let images = try (0..<8).map { try examples.element(at: $0) }
      let pictures = method.pictures(of: try method.views(of: images, key: RandomKey(seed: 1)))
      #expect(pictures.map(\.name) == names, "\(Method.name)")
      for picture in pictures { #expect(picture.images.shape == [8, 64, 64, 1], "\(Method.name)") }
      for picture in pictures where picture.name.hasPrefix("fixed") {
        #expect(picture.superpixels?.shape == [8, 64, 64])
      }
      // The image itself, resized, stands at its place in the batch.
      for picture in pictures where picture.name == "image" {
        #expect((0..<8).map { picture.images[$0].max().item.rounded() } == (1...8).map(Float.init))
      }
    }
    let two = ["view 1", "view 2"]
    try check(SuperCL.self, names: ["fixed view 1", "fixed view 2", "varied view 1", "varied view 2"])
    try check(SimCLR.self, names: two)
    try check(MoCo.self, names: two)
    try check(BYOL.self, names: two)
    try check(SwAV.self, names: two)
    try check(SimSiam.self, names: two)
    try check(SimTriplet.self, names: two + ["view 3"])
    try check(GCL.self, names: ["image", "augmentation"])
    try check(GCLLocal.self, names: two)
    try check(PCL.self, names: two)
    try check(WCL.self, names: two)
    try check(DeSD.self, names: two)
    try check(DiRA.self, names: ["distorted view 1", "distorted view 2", "original of view 1"])
    try check(Scratch.self, names: [])
  }

  /// GCL within volumes has two augmentations; whatever the pairs, places are those of the batch.
  @Test(arguments: [PartitionPairs.acrossVolumes, .withinVolume]) func picturesOfGCLKeepTheBatchsOrder(
    _ pairs: PartitionPairs
  ) throws {
    var method = GCL.small
    method.pairs = pairs
    method.views = .crops(
      MultiCrop([.init(count: pairs.augmentations, size: 32, area: 1...1)], intensity: nil))
    let images = (0..<16).map {
      PretrainingImage(
        Tensor<Float>(repeating: Float($0 + 1), shape: [40, 40, 1]), position: Double($0 % 4 + 1) / 4,
        volume: $0 / 4)
    }
    let pictures = method.pictures(of: try method.views(of: images, key: RandomKey(seed: 1)))
    #expect(pictures.count == 1 + pairs.augmentations)
    for picture in pictures {
      #expect((0..<16).map { picture.images[$0].max().item.rounded() } == (1...16).map(Float.init))
    }
  }
}
