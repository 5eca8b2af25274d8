import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// T_var.
@Suite struct VariedAugmentationTests {
  /// An image that is its own label map: blocks of 8 x 8 pixels with the values 1...16.
  private let map = Tensor<Int32>(shape: [32, 32]) { buffer in
    for index in buffer.indices { buffer[index] = Int32(index / 256 * 4 + index % 32 / 8 + 1) }
  }

  private func still() -> VariedAugmentation {
    var augmentation = VariedAugmentation()
    augmentation.mirrorProbability = 0
    augmentation.warpProbability = 1
    augmentation.elastic = nil
    augmentation.rotation = 0...0
    augmentation.scale = 1...1
    return augmentation
  }

  /// Image and map are compared where the image is flat, away from the blocks' edges.
  private func expectInStep(_ augmentation: VariedAugmentation, seeds: Range<UInt64> = 0..<8) {
    for seed in seeds {
      var generator = SplitMix64(seed: seed)
      let image = Tensor<Float>(converting: map).expanded(at: -1)
      let moved = augmentation(image, maps: [map], using: &generator)
      #expect(moved.image.shape == [32, 32, 1] && moved.maps[0].shape == [32, 32])
      let difference = (moved.image.squeezed(at: 2) - Tensor<Float>(converting: moved.maps[0])).magnitude
      let share = Double((difference .< 0.5).trueCount) / 1024
      #expect(share > 0.6, "seed \(seed): image and map agree on \(share) of the pixels")
    }
  }

  @Test func withoutAnyChangeTheImageStays() {
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Float>(converting: testRows([9, 7, 2]))
    let smallMap = Tensor<Int32>((0..<63).map { Int32($0) }).reshaped([9, 7])
    for interpolation in [VariedAugmentation.ImageInterpolation.linear, .cubic] {
      var augmentation = still()
      augmentation.interpolation = interpolation
      let moved = augmentation(image, maps: [smallMap], using: &generator)
      #expect(moved.image.isClose(to: image, absoluteTolerance: 1e-4))
      #expect(moved.maps[0] == smallMap)
    }
  }

  @Test func mirrorsMoveImageAndMapTogether() {
    var augmentation = still()
    augmentation.mirrorProbability = 1
    augmentation.warpProbability = 0
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Float>(converting: map).expanded(at: -1)
    let moved = augmentation(image, maps: [map], using: &generator)
    #expect(moved.image == image.flipped(along: 0, 1))
    #expect(moved.maps[0] == map.flipped(along: 0, 1))
  }

  @Test func aQuarterTurnIsAQuarterTurn() {
    var augmentation = still()
    augmentation.rotation = Double.pi / 2...Double.pi / 2
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Double>(converting: Tensor<Int32>([1, 2, 3, 4, 5, 6, 7, 8, 9])).reshaped([3, 3, 1])
    let moved = augmentation(image, using: &generator).image
    // Pixel (r, c) is read at center + (cos -sin; sin cos) (r - 1, c - 1) = (2 - c, r).
    let expected = Tensor<Double>([7, 4, 1, 8, 5, 2, 9, 6, 3], shape: [3, 3, 1])
    #expect(moved.isClose(to: expected, absoluteTolerance: 1e-6))
  }

  @Test func aLargerScaleEnlargesAndOutsideIsZero() {
    var augmentation = still()
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Float>(ones: [16, 16, 1])
    func covered() -> Int {
      (augmentation(image, using: &generator).image .> 0.5).trueCount
    }
    augmentation.scale = 2...2
    #expect(covered() == 256)
    augmentation.scale = 0.5...0.5
    // Half the size along each axis: 8 x 8 of 16 x 16.
    #expect(covered() == 64)
    augmentation.scale = 1...1
    augmentation.translation = 0.25...0.25
    // A quarter is read from outside along each axis.
    #expect(covered() == 144)
  }

  @Test func everyKindOfChangeKeepsImageAndMapInStep() {
    var rotation = still()
    rotation.rotation = 0...2 * Double.pi
    expectInStep(rotation)
    var scale = still()
    scale.scale = 0.7...1.3
    expectInStep(scale)
    var shear = still()
    shear.shear = -0.3...0.3
    shear.translation = -0.1...0.1
    expectInStep(shear)
    var elastic = still()
    elastic.elastic = .init(magnitude: 20...40, smoothness: 4...5)
    expectInStep(elastic)
    expectInStep(VariedAugmentation())
    var brats = VariedAugmentation.brats
    brats.brightness = nil
    expectInStep(brats)
  }

  @Test func halfTheScalesLieBelowOne() {
    // Below 1 the border shows; counted over 60 draws it is between 15 and 45.
    var augmentation = still()
    augmentation.scale = 0.7...1.3
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Float>(ones: [32, 32, 1])
    let smaller = (0..<60).count { _ in
      (augmentation(image, using: &generator).image .> 0.5).trueCount < 900
    }
    #expect((10...45).contains(smaller), "\(smaller)")
  }

  @Test func oneSeedGivesOneView() {
    func view(_ seed: UInt64) -> Tensor<Float> {
      var generator = SplitMix64(seed: seed)
      return VariedAugmentation()(Tensor(converting: testRows([20, 20, 1])), using: &generator).image
    }
    #expect(view(3) == view(3))
    #expect(view(3) != view(4))
  }

  @Test func aMapOfAnotherSizeStops() async {
    await #expect(processExitsWith: .failure) {
      var generator = SplitMix64(seed: 1)
      _ = VariedAugmentation()(
        Tensor<Float>(zeros: [4, 4, 1]), maps: [Tensor(zeros: [4, 5])], using: &generator)
    }
  }
}
