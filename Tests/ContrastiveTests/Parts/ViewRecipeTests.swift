import Contrastive
import Foundation
import Tensor
import Testing

@Suite struct ViewRecipeTests {
  /// The column of every pixel, `[H, W, 1]`.
  private func columns(_ height: Int, _ width: Int) -> Tensor<Float> {
    Tensor((0..<height * width).map { Float($0 % width) }, shape: [height, width, 1])
  }

  private func generator(_ place: Int = 0) -> PhiloxGenerator {
    RandomKey(seed: 4).at(place: place).generator
  }

  private func crop(
    _ image: Tensor<Float>, size: Int, area: ClosedRange<Double> = 1...1, mirror: Double = 0, place: Int = 0
  ) -> Tensor<Float> {
    var generator = generator(place)
    return MultiCrop(
      [.init(count: 1, size: size, area: area)], mirrorProbability: mirror, intensity: nil)(
        image, using: &generator)[0]
  }

  // MARK: Crops

  /// Shrunk to a half, pixel i shows the image at 2 i + .5: on a ramp, smoothing changes nothing but the border.
  @Test func theWholeImageIsSampledAtPixelCenters() {
    let image = columns(64, 64)
    // A ratio of 1 takes all of a square.
    var generator = generator()
    let view = MultiCrop(
      [.init(count: 1, size: 32, area: 1...1, ratio: 1...1)], mirrorProbability: 0, intensity: nil)(
        image, using: &generator)[0]
    let expected = Tensor<Float>((0..<32 * 32).map { 2 * Float($0 % 32) + 0.5 }, shape: [32, 32, 1])
    let inside = 2..<30
    #expect(
      view.cropped(to: [inside, inside, 0..<1]).maximumAbsoluteDifference(
        to: expected.cropped(to: [inside, inside, 0..<1])) <= 1e-3)
  }

  /// The side of a crop, read off a ramp's slope: the area is within its range, and all of the range occurs.
  @Test func areasFillTheirRange() {
    var widths: [Double] = []
    for place in 0..<60 {
      let view = crop(columns(200, 200), size: 16, area: 0.2...0.5, place: place)
      let row = view.selected(along: 0, at: 8).flattened()
      let slope = row.withUnsafeBufferPointer { Double($0[11] - $0[4]) / 7 }
      widths.append(slope * 16)
    }
    // Sides between sqrt(.2 * 3/4) and sqrt(.5 * 4/3) of 200 pixels.
    #expect(widths.allSatisfy { (77.0...163.5).contains($0) }, "\(widths.min() ?? 0) \(widths.max() ?? 0)")
    #expect((widths.min() ?? 0) < 90 && (widths.max() ?? 0) > 150)
  }

  @Test func crosswiseImagesAreCutFromTheMiddle() {
    // Height 4, width 100: no draw fits, and 4/3 of the height is 5 columns, 47...51.
    let view = crop(columns(4, 100), size: 16, area: 0.9...1)
    #expect(view.min().item >= 47 && view.max().item <= 51)
    #expect(view.max().item - view.min().item > 3)
  }

  @Test func oneMirrorsColumnsAndZeroDoesNot() {
    let image = columns(32, 32)
    let (plain, mirrored) = (crop(image, size: 32, mirror: 0), crop(image, size: 32, mirror: 1))
    #expect(plain.flipped(along: 1).maximumAbsoluteDifference(to: mirrored) <= 1e-5)
  }

  @Test func everyKindHasItsCountAndSize() {
    let recipe = ViewRecipe.crops(.swAV)
    #expect(recipe.sizes == Array(repeating: [224, 224], count: 2) + Array(repeating: [96, 96], count: 6))
    var generator = generator()
    let views = recipe(columns(40, 50), using: &generator)
    #expect(views.map(\.shape) == recipe.sizes.map { TensorShape($0 + [1]) })
  }

  @Test(arguments: [1, 3]) func onePixelAndAFewMakeViews(side: Int) {
    let view = crop(Tensor(repeating: 2, shape: [side, 1, 1]), size: 16, area: 0.05...0.14)
    #expect(view.maximumAbsoluteDifference(to: Tensor(repeating: 2, shape: [16, 16, 1])) <= 1e-5)
  }

  // MARK: Intensities

  /// Mean 2: brightness 2 gives 2, 6 with mean 4; contrast 3 about it -2, 10.
  @Test func brightnessAndContrastByHand() {
    var generator = generator()
    let jitter = IntensityJitter(brightness: 2...2, contrast: 3...3, probability: 1, blurProbability: 0)
    let view = jitter(Tensor([1, 3], shape: [1, 2, 1]), using: &generator)
    #expect(view.maximumAbsoluteDifference(to: Tensor([-2, 10], shape: [1, 2, 1])) <= 1e-5)
  }

  @Test func blurIsTheGaussianAndNoChanceChangesNothing() {
    let image = testSlices(1)[0].image
    var generator = generator()
    let blur = IntensityJitter(
      brightness: 0...0, contrast: 0...0, probability: 0, blur: 1.5...1.5, blurProbability: 1)
    let expected = image.expanded(at: 0).gaussianSmoothed(standardDeviations: [1.5, 1.5]).squeezed(at: 0)
    #expect(blur(image, using: &generator) == expected)
    let none = IntensityJitter(brightness: 0...0, contrast: 0...0, probability: 0, blurProbability: 0)
    #expect(none(image, using: &generator) == image)
  }

  // MARK: Varied views

  @Test func withoutWarpAVariedViewIsAPatchOfTheImage() {
    var still = VariedAugmentation()
    (still.mirrorProbability, still.warpProbability) = (0, 0)
    let image = testSlices(1, height: 40, width: 20)[0].image
    var generator = generator()
    let views = VariedViews(patchSize: 32, augmentation: still)(image, using: &generator)
    #expect(views.count == 2)
    for view in views {
      // 32 of 40 rows, and all 20 columns with 12 of zeros about them.
      let places = (0...8).flatMap { row in (0...12).map { (row, $0) } }
      let matches = places.filter { row, column in
        view.cropped(to: [0..<32, column..<column + 20, 0..<1])
          == image.cropped(to: [row..<row + 32, 0..<20, 0..<1])
      }
      #expect(matches.count == 1)
    }
    #expect(views[0] != views[1])
  }

  @Test(arguments: [
    ViewRecipe.varied(VariedViews(patchSize: 32)),
    .crops(MultiCrop([.init(count: 2, size: 32, area: 0.2...1)], intensity: .moCo)),
  ])
  func everyImageDrawsFromItsOwnKey(recipe: ViewRecipe) throws {
    let images = testSlices(5)
    let key = RandomKey(seed: 3).stream(for: .batches).at(step: 2)
    let views = recipe.views(of: images, key: key)
    #expect(views.map(\.shape) == [[5, 32, 32, 1], [5, 32, 32, 1]])
    for (place, image) in images.enumerated() {
      var generator = key.at(place: place).generator
      let alone = recipe(image.image, using: &generator)
      for (view, one) in zip(views, alone) {
        #expect(view.selected(along: 0, at: place).isIdentical(to: one))
      }
    }
    let copy = try JSONDecoder().decode(ViewRecipe.self, from: JSONEncoder().encode(recipe))
    #expect(copy == recipe)
  }
}
