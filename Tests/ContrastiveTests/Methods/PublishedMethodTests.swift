import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// What a program lists of every method, and runs by name.
@Suite struct PublishedMethodTests {
  static let methods: [any PublishedMethod.Type] = [SuperCL.self, MoCo.self, SwAV.self, Scratch.self]

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
      let images = (0..<3).map { PretrainingImage(Tensor<Float>(repeating: Float($0), shape: [70, 66, 1])) }
      let pictures = method.pictures(of: try method.views(of: images, key: RandomKey(seed: 1)))
      #expect(pictures.map(\.name) == names)
      for picture in pictures { #expect(picture.images.shape == [3, 64, 64, 1]) }
      for picture in pictures where picture.name.hasPrefix("fixed") {
        #expect(picture.superpixels?.shape == [3, 64, 64])
      }
    }
    try check(SuperCL.self, names: ["fixed view 1", "fixed view 2", "varied view 1", "varied view 2"])
    try check(MoCo.self, names: ["view 1", "view 2"])
    try check(SwAV.self, names: ["view 1", "view 2"])
    try check(Scratch.self, names: [])
  }
}
