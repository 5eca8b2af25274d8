import Contrastive
import Tensor
import TestSupport
import Testing

/// T_var where the released code's packages say what is right.
@Suite struct VariedAugmentationReleaseTests {
  /// SciPy's `map_coordinates` at batchgenerators' positions, as the released code warps.
  @Test func theReleasedWarpIsItsReference() throws {
    let references = try AugmentationReferences()
    let image = references.image(Double.self)
    for reference in references.warped {
      var augmentation = VariedAugmentation.asReleased
      augmentation.mirrorProbability = 0
      augmentation.warpProbability = 1
      augmentation.elastic = nil
      // batchgenerators turns row vectors from the left: the other way round.
      augmentation.rotation = -reference.angle ... -reference.angle
      augmentation.sizeFactor = .reciprocal(of: reference.factor...reference.factor)
      var generator = SplitMix64(seed: 1)
      let map = Tensor<Int32>(converting: image.squeezed(at: 2))
      let moved = augmentation(image, maps: [map], using: &generator)
      #expect(
        moved.image.isClose(to: references.tensor(reference.cubic), absoluteTolerance: 0.01),
        "angle \(reference.angle)")
      let nearest: Tensor<Double> = references.tensor(reference.nearest)
      #expect(moved.maps[0] == Tensor<Int32>(converting: nearest.squeezed(at: 2)))
      // The default blends at the border; far from it both are one spline.
      augmentation.border = .blended
      let difference = (augmentation(image, using: &generator).image - moved.image).magnitude
      #expect(difference.max().item > 20 && difference[6, 5, 0] < 1)
    }
  }

  @Test func bratsShiftsByWholePixels() {
    var augmentation = VariedAugmentation.brats
    augmentation.mirrorProbability = 0
    augmentation.rotation = 0...0
    augmentation.sizeFactor = .unchanged
    augmentation.shear = 0...0
    augmentation.brightness = nil
    var generator = SplitMix64(seed: 1)
    let image = Tensor<Float>(uniform: 0.1..<0.9, shape: [20, 30, 1], using: &generator)
    var shifts: Set<[Int]> = []
    for _ in 0..<60 {
      let moved = augmentation(image, using: &generator).image
      let shift = (-3...3).flatMap { row in (-3...3).map { [row, $0] } }.first { shift in
        image.expanded(at: 0).warped(
          by: AffinePixelMap(matrix: [[1, 0], [0, 1]], offset: shift.map { -Double($0) }),
          interpolation: .nearest
        ).squeezed(at: 0) == moved
      }
      shifts.insert(shift ?? [99, 99])
    }
    // A tenth of 20 and of 30 pixels.
    #expect(shifts.allSatisfy { abs($0[0]) <= 2 && abs($0[1]) <= 3 }, "\(shifts)")
    #expect(shifts.count > 15)
  }

  @Test func bratsTakesTheNearestPixelAndEndsAtOne() {
    var generator = SplitMix64(seed: 4)
    var augmentation = VariedAugmentation.brats
    augmentation.brightness = 1...1
    let image = Tensor<Float>(uniform: 0.1..<0.9, shape: [16, 16, 2], using: &generator)
    let values = Set(image.scalars + [0])
    #expect(augmentation(image, using: &generator).image.scalars.allSatisfy { values.contains($0) })
    augmentation.brightness = 1.2...1.2
    let bright = augmentation(Tensor<Float>(repeating: 0.95, shape: [16, 16, 1]), using: &generator).image
    #expect(bright.max().item == 1)
  }
}
