import Contrastive
import Tensor
import TestSupport
import Testing

/// T_fix on floats, which the kernels make, against the same in Double, which is plain Swift.
@Suite struct GrayLevelsTests {
  private static let recipes = [
    FixedAugmentation(), .asReleased, .kitsAsReleased,
    FixedAugmentation(brightness: nil, contrast: nil), FixedAugmentation(contrast: nil, blur: nil),
    FixedAugmentation(brightness: nil, blur: nil, scaling: .grayLevels),
  ]

  @Test(arguments: recipes.indices) func floatsAreAsDoubles(_ recipe: Int) {
    let augmentation = Self.recipes[recipe]
    for (shape, seed): (TensorShape, UInt64) in [
      ([31, 45, 1], 1), ([20, 9, 3], 2), ([1, 40, 1], 3), ([40, 1, 2], 4), ([1, 1, 1], 5),
    ] {
      let image =
        Tensor<Float>(converting: testRows([shape.elementCount, 1], seed: seed)).reshaped(shape) * 90
      for draw in 0..<20 {
        var (first, second) = (PhiloxGenerator(seed: 3, index: draw), PhiloxGenerator(seed: 3, index: draw))
        let view = augmentation(image, using: &first)
        let expected = augmentation(Tensor<Double>(converting: image), using: &second)
        #expect(first == second)
        let difference = Tensor<Double>(converting: view) - expected
        // In Float a value may fall on the other side of a half: a level of 255, before the last scale.
        let apart = difference.scalars.count { abs($0) > 1e-5 }
        #expect(Double(apart) <= 0.02 * Double(shape.elementCount))
        #expect(difference.scalars.allSatisfy { abs($0) < 0.05 })
      }
    }
  }

  @Test func aFlatImageIsZeroAndOneWithoutPixelsStaysEmpty() {
    var generator = PhiloxGenerator(seed: 1)
    #expect(
      FixedAugmentation()(Tensor<Float>(ones: [4, 5, 1]), using: &generator) == Tensor(zeros: [4, 5, 1]))
    #expect(FixedAugmentation()(Tensor<Float>(zeros: [0, 5, 1]), using: &generator).shape == [0, 5, 1])
  }
}
