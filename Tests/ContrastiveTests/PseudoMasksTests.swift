import Contrastive
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

/// What takes the place of superpixels, to tell what superpixels themselves are worth.
@Suite struct PseudoMasksTests {
  /// Views that change nothing but the place of the patch, and nine superpixels.
  private func method(_ masks: PseudoMasks, patch: Int = 32) -> SuperCL {
    var method = SuperCL(patchSize: patch)
    method.slic.segmentCount = 9
    method.pseudoMasks = masks
    method.fixedAugmentation = FixedAugmentation(
      brightness: nil, contrast: nil, blur: nil, scaling: .unchanged)
    return method
  }

  /// A pixel's value is its place in the image, and its pseudo mask the place's third.
  private let image: PretrainingImage = {
    var image = PretrainingImage(
      Tensor<Float>((0..<40 * 36).map { Float($0) }, shape: [40, 36, 1]))
    image.pseudoMask = Tensor<Int32>((0..<40 * 36).map { Int32($0 / 3) }, shape: [40, 36])
    return image
  }()

  private func views(_ method: SuperCL, _ image: PretrainingImage) throws -> SuperCLViews<Float> {
    try SuperCLViewMaker(method).views(of: [image], key: RandomKey(seed: 3).stream(for: .batches))
  }

  @Test func superpixelsAreTheMethod() throws {
    #expect(SuperCL().pseudoMasks == .superpixels)
    let views = try views(method(.superpixels), image)
    #expect(
      try method(.superpixels).slic.segment(views.fixed!.0[0]).labels.labels == views.superpixels!.0[0])
  }

  /// As many cells as there are superpixels, each a rectangle, whatever the image shows.
  @Test func theGridHasAsManyCells() throws {
    let count = try views(method(.superpixels), image).superpixelCounts[0]
    let map = try views(method(.regularGrid), image).superpixels!.0[0]
    #expect(map == LabelMap(regularGrid: [32, 32], count: count).labels)
    let noise = PretrainingImage(Tensor(converting: testRows([40, 36, 1], seed: 4)))
    let other = try views(method(.regularGrid), noise)
    #expect(other.superpixels!.0 == other.superpixels!.1)
  }

  /// The sizes stay, the neighbourhoods go: two neighbours share a segment as often as any two pixels do.
  @Test func shufflingKeepsSizesAlone() throws {
    let whole = try views(method(.superpixels), image).superpixels!.0[0].scalars
    let drawn = try views(method(.shuffledSuperpixels), image)
    let shuffled = drawn.superpixels!.0[0].scalars
    #expect(shuffled != whole && shuffled.sorted() == whole.sorted())
    func neighbours(_ labels: [Int32]) -> Double {
      Double((1..<labels.count).count { $0 % 32 != 0 && labels[$0] == labels[$0 - 1] }) / Double(31 * 32)
    }
    let sizes = Dictionary(grouping: whole) { $0 }.values.map { Double($0.count) / Double(whole.count) }
    let byChance = sizes.reduce(0) { $0 + $1 * $1 }
    #expect(neighbours(whole) > 0.7)
    #expect(abs(neighbours(shuffled) - byChance) < 0.05)
    // Each map has a draw of its own.
    #expect(drawn.superpixels!.0 != drawn.superpixels!.1)
    #expect(drawn.superpixelCounts[0] == Set(whole).count)
  }

  @Test func singlePixelsAreAllDifferent() throws {
    let views = try views(method(.singlePixels), image)
    #expect(Set(views.superpixels!.0.scalars).count == 32 * 32)
    #expect(views.superpixels!.0 == views.superpixels!.1 && views.superpixelCounts == [1024, 1024])
  }

  /// The given mask is cut where the image is cut, and lies on both views.
  @Test func givenMasksGoWithTheImage() throws {
    for patch in [32, 48] {
      let views = try views(method(.given, patch: patch), image)
      for (view, map) in [
        (views.fixed!.0, views.superpixels!.0), (views.fixed!.1, views.superpixels!.1),
      ] {
        // Zeros stand around the image, and its first three pixels have the mask 0, too.
        #expect(map.scalars == view.scalars.map { Int32($0) / 3 })
      }
    }
  }

  @Test(arguments: PseudoMasks.allCases) func noPixelOutsideAMaskHasASegment(_ masks: PseudoMasks) throws {
    var masked = image
    masked.mask = BinaryMask(
      Tensor<Int32>((0..<40 * 36).map { $0 % 36 < 20 ? 1 : 0 }, shape: [40, 36]) .> 0)
    let views = try views(method(masks), masked)
    let (places, labels) = (views.fixed!.0.scalars, views.superpixels!.0.scalars)
    for (place, label) in zip(places, labels) { #expect((Int(place) % 36 < 20) == (label >= 0)) }
    #expect(views.superpixelCounts[0] == Set(labels.filter { $0 >= 0 }).count)
  }

  @Test func anImageWithoutItsMaskIsNamed() throws {
    let bare = PretrainingImage(image.image)
    let task = try PretrainingTask(method(.given), encoder: .unet(width: 2))
    let missing = #expect(throws: PretrainingError.self) { try task.check(bare, 7) }
    #expect(missing?.description.contains("images[7].pseudoMask") == true)
    #expect(throws: PretrainingError.self) { try views(method(.given), bare) }
    var wrong = bare
    wrong.pseudoMask = Tensor(zeros: [36, 40])
    let shape = #expect(throws: PretrainingError.self) { try task.check(wrong, 7) }
    #expect(shape?.description.contains("the pseudo mask of image 7") == true)
    // What no term reads need not be given.
    var instance = method(.given)
    instance.weights = .init(instance: 1, intra: 0, inter: 0)
    try PretrainingTask(instance, encoder: .unet(width: 2)).check(bare, 7)
    #expect(try views(instance, bare).superpixels == nil)
  }

  /// ILCP's positives beyond the own pixel: none where each pixel is a segment, all others where one segment is all.
  @Test func positivesFollowTheMasks() throws {
    var one = image
    one.pseudoMask = Tensor(repeating: 5, shape: [40, 36])
    for (masks, expected) in [(PseudoMasks.singlePixels, 0.0), (.given, Double(2 * 16 - 2))] {
      var method = method(masks)
      method.weights = .init(instance: 0, intra: 1, inter: 0)
      method.intraLevel = .stage(3)
      let task = try PretrainingTask(method, encoder: .unet(width: 2))
      let views = try task.method.views(of: [one], key: RandomKey(seed: 3))
      let report = try SuperCLLoss(task.method).evaluate(task.learner, views)
      #expect(report.diagnostics.positivesPerPixel == expected)
      #expect(report.diagnostics.warnings.map(\.kind) == (expected == 0 ? ["few positives per pixel"] : []))
    }
  }
}
