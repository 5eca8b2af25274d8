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
    for (interpolation, border) in [
      (VariedAugmentation.ImageInterpolation.nearest, VariedAugmentation.Border.blended), (.linear, .abrupt),
      (.linear, .blended), (.cubic, .abrupt), (.cubic, .blended),
    ] {
      var augmentation = VariedAugmentation.still
      augmentation.border = border
      augmentation.interpolation = interpolation
      let moved = augmentation(image, maps: [smallMap], using: &generator)
      #expect(moved.image.isClose(to: image, absoluteTolerance: 1e-4))
      #expect(moved.maps[0] == smallMap)
    }
  }

  @Test func mirrorsMoveImageAndMapTogether() {
    var augmentation = VariedAugmentation.still
    augmentation.mirrorProbability = 1
    augmentation.warpProbability = 0
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Float>(converting: map).expanded(at: -1)
    let moved = augmentation(image, maps: [map], using: &generator)
    #expect(moved.image == image.flipped(along: 0, 1))
    #expect(moved.maps[0] == map.flipped(along: 0, 1))
  }

  @Test func aQuarterTurnIsAQuarterTurn() {
    var augmentation = VariedAugmentation.still
    augmentation.rotation = Double.pi / 2...Double.pi / 2
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Double>(converting: Tensor<Int32>([1, 2, 3, 4, 5, 6, 7, 8, 9])).reshaped([3, 3, 1])
    let moved = augmentation(image, using: &generator).image
    // Pixel (r, c) is read at center + (cos -sin; sin cos) (r - 1, c - 1) = (2 - c, r).
    let expected = Tensor<Double>([7, 4, 1, 8, 5, 2, 9, 6, 3], shape: [3, 3, 1])
    #expect(moved.isClose(to: expected, absoluteTolerance: 1e-6))
  }

  @Test func aLargerSizeFactorEnlargesAndOutsideIsZero() {
    var augmentation = VariedAugmentation.still
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Float>(ones: [16, 16, 1])
    func covered() -> Int {
      (augmentation(image, using: &generator).image .> 0.5).trueCount
    }
    augmentation.sizeFactor = .uniform(2...2)
    #expect(covered() == 256)
    augmentation.sizeFactor = .uniform(0.5...0.5)
    // Half the size along each axis: 8 x 8 of 16 x 16.
    #expect(covered() == 64)
    augmentation.sizeFactor = .unchanged
    augmentation.translation = 0.25...0.25
    // A quarter is read from outside along each axis.
    #expect(covered() == 144)
  }

  @Test func everyKindOfChangeKeepsImageAndMapInStep() {
    var rotation = VariedAugmentation.still
    rotation.rotation = 0...2 * Double.pi
    expectInStep(rotation)
    var scale = VariedAugmentation.still
    scale.sizeFactor = .reciprocal(of: 0.7...1.3)
    expectInStep(scale)
    var shear = VariedAugmentation.still
    shear.shear = -0.3...0.3
    shear.translation = -0.1...0.1
    expectInStep(shear)
    var elastic = VariedAugmentation.still
    elastic.elastic = .init(magnitude: 20...40, smoothness: 4...5)
    expectInStep(elastic)
    expectInStep(VariedAugmentation())
    var brats = VariedAugmentation.brats
    (brats.brightness, brats.valueRange) = (nil, nil)
    expectInStep(brats)
  }

  /// Sizes of a block of 12 x 12 pixels in as many views.
  private func sizes(_ sizeFactor: SizeFactor, count: Int) -> [Double] {
    var augmentation = VariedAugmentation.still
    augmentation.sizeFactor = sizeFactor
    augmentation.interpolation = .linear
    var block = Tensor<Float>(zeros: [24, 24, 1])
    block.replaceBox(at: [6, 6, 0], with: Tensor(ones: [12, 12, 1]))
    var generator = SplitMix64(seed: 1)
    return (0..<count).map { _ in
      (Double(augmentation(block, using: &generator).image.sum().item) / 144).squareRoot()
    }
  }

  /// batchgenerators multiplies positions by s: sizes 1 / s, half of them above 1, s even on each side of 1.
  @Test func sizesAreDrawnAsInTheReleasedCode() {
    let found = sizes(VariedAugmentation().sizeFactor, count: 800)
    let (larger, smaller) = (found.filter { $0 > 1 }, found.filter { $0 < 1 })
    #expect((found.min() ?? 0) > 0.76 && (found.min() ?? 0) < 0.79)
    #expect((found.max() ?? 0) > 1.39 && (found.max() ?? 0) < 1.44)
    #expect((350...450).contains(larger.count))
    // The means of 1 / s for s even in .7...1 and in 1...1.3: -ln(.7) / .3 and ln(1.3) / .3.
    let means = [larger, smaller].map { $0.reduce(0, +) / Double($0.count) }
    #expect(abs(means[0] - 1.18892) < 0.025 && abs(means[1] - 0.87455) < 0.015, "\(means)")
  }

  @Test func evenSizesAreEven() {
    let found = sizes(.uniform(0.7...1.3), count: 400)
    #expect((found.min() ?? 0) > 0.68 && (found.max() ?? 0) < 1.32)
    let mean = found.reduce(0, +) / 400
    #expect(abs(mean - 1) < 0.03)
  }

  /// One meaning of size and of the angle in the whole library.
  @Test func itTurnsAndGrowsAsAnAffinePixelMapDoes() {
    var augmentation = VariedAugmentation.still
    augmentation.rotation = 0.3...0.3
    augmentation.sizeFactor = .uniform(1.4...1.4)
    augmentation.interpolation = .linear
    let image = testRows([11, 9, 2])
    var generator = SplitMix64(seed: 1)
    let expected = image.expanded(at: 0).warped(
      by: .rotation(radians: 0.3, sizeFactor: 1.4, center: (row: 5, column: 4)), border: .constant(0)
    ).squeezed(at: 0)
    #expect(augmentation(image, using: &generator).image.isClose(to: expected, absoluteTolerance: 1e-5))
  }

  /// torchvision's shear: a row r below the center is read r tan(angle) columns farther right.
  @Test func shearSlidesRows() {
    var augmentation = VariedAugmentation.still
    augmentation.shear = Double.pi / 4...Double.pi / 4
    augmentation.interpolation = .nearest
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Float>(shape: [3, 5, 1]) { target in
      for index in target.indices { target[index] = Float(index) }
    }
    let moved = augmentation(image, using: &generator).image
    #expect(moved.scalars == [0, 0, 1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 0])
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
