import Autograd
import Contrastive
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

/// Pixels without a superpixel, or without a partner in the other view, take no part in ILCP.
@Suite struct LeftOutPixelsTests {
  // MARK: The loss

  /// The rows of the kept pixels of each view under the supervised contrastive loss, image by image.
  private func byHand(
    _ views: [Tensor<Double>], _ labels: [Tensor<Int32>]
  ) -> Double {
    let (images, channels) = (views[0].shape[0], views[0].shape[-1])
    let losses = (0..<images).map { image -> Double in
      var (rows, kept): ([Tensor<Double>], [Int32]) = ([], [])
      for (view, map) in zip(views, labels) {
        let (pixels, own) = (view[image].reshaped([-1, channels]), map[image].scalars)
        for (index, label) in own.enumerated() where label >= 0 {
          rows.append(pixels[index..<index + 1])
          kept.append(label)
        }
      }
      guard !kept.isEmpty else { return 0 }
      return SupervisedContrastiveLoss()(
        Variable(Tensor(concatenating: rows, along: 0)), labels: Tensor(kept)
      ).item
    }
    return losses.reduce(0, +) / Double(images)
  }

  private let first = testRows([3, 2, 2, 3, 4])
  private let second = testRows([3, 2, 2, 3, 4], seed: 8)
  private let labels = Self.map(leavingOut: { $0 % 5 == 0 }, width: 3)
  private let otherLabels = Self.map(leavingOut: { $0 % 7 == 2 }, width: 2)

  /// Three labels in turn, each of so many pixels; of the third image no pixel has a label.
  private static func map(leavingOut isOut: (Int) -> Bool, width: Int) -> Tensor<Int32> {
    Tensor(
      (0..<36).map { (index: Int) -> Int32 in
        if index >= 24 || isOut(index) { return -1 }
        return Int32(index / width % 3)
      }, shape: [3, 2, 2, 3])
  }

  @Test func theyAreNeitherAnchorsNorNegatives() throws {
    let one = try IntraImageContrastiveLoss()(Variable(first), Variable(second), superpixels: labels)
    #expect(abs(one.item - byHand([first, second], [labels, labels])) <= 1e-12)
    let (two, counts) = try IntraImageContrastiveLoss().evaluate(
      Variable(first), Variable(second), superpixels: (labels, otherLabels))
    #expect(abs(two.item - byHand([first, second], [labels, otherLabels])) <= 1e-12)
    let kept = [labels, otherLabels].map { map in map.scalars.count { $0 >= 0 } }
    #expect(counts.elementCount == kept.reduce(0, +))
  }

  @Test func inTheBatchScopeAllImagesAreOneLoss() throws {
    let loss = try IntraImageContrastiveLoss(scope: .batch).evaluate(
      Variable(first), Variable(second), superpixels: (labels, otherLabels)
    ).loss
    // The labels of image b with 100 b added, as one image of three times the pixels.
    func joined(_ map: Tensor<Int32>) -> Tensor<Int32> {
      Tensor(
        map.scalars.enumerated().map { $0.element < 0 ? -1 : $0.element + Int32($0.offset / 12 * 100) },
        shape: [1, 36])
    }
    let expected = byHand(
      [first.reshaped([1, 36, 4]), second.reshaped([1, 36, 4])], [joined(labels), joined(otherLabels)])
    #expect(abs(loss.item - expected) <= 1e-12)
  }

  @Test(arguments: [PixelScope.image, .batch]) func gradientsAgreeWithFiniteDifferences(_ scope: PixelScope) {
    let loss = IntraImageContrastiveLoss(.init(0.5), sampling: .grid(stride: 2), scope: scope)
    let result = checkGradient(at: [first, second]) {
      (try? loss.evaluate($0[0], $0[1], superpixels: (labels, otherLabels)))?.loss ?? Variable(Double.nan)
    }
    #expect(result.passes, "\(result)")
  }

  @Test func withoutAnyPixelTheLossIsZero() throws {
    let features = leaf(first)
    let loss = try IntraImageContrastiveLoss()(
      features, features, superpixels: Tensor(repeating: -1, shape: [3, 2, 2, 3]))
    loss.backward()
    #expect(loss.item == 0 && (features.gradient?.euclideanNorm ?? 0) == 0)
  }

  // MARK: Views that move

  /// The same image, turned: the loss of the still views, because each pixel has the superpixel of the place that it shows.
  @Test func featuresThatTurnWithTheirLabelsHaveTheSameLoss() throws {
    let (one, two) = (testRows([1, 6, 6, 4]), testRows([1, 6, 6, 4], seed: 8))
    let cells = (0..<36).map { (index: Int) -> Int32 in
      let (row, column) = (index / 6, index % 6)
      return Int32(row / 2 * 2 + column / 3)
    }
    let map = Tensor<Int32>(cells, shape: [1, 6, 6])
    /// A quarter turn: rows become columns, from last to first.
    func turned<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
      tensor.transposed(1, 2).flipped(along: 2)
    }
    let loss = IntraImageContrastiveLoss()
    let still = try loss(Variable(one), Variable(two), superpixels: map).item
    let moved = try loss.evaluate(
      Variable(one), Variable(turned(two)), superpixels: (map, turned(map))
    ).loss.item
    #expect(abs(still - moved) <= 1e-12)
    // Labels that stay behind are those of other places.
    let torn = try loss(Variable(one), Variable(turned(two)), superpixels: map).item
    #expect(abs(still - torn) > 1e-3)
  }

  /// Features of each pixel by itself.
  private final class Pointwise: FeatureEncoder {
    let layer: Linear<Float>
    let axes: Int

    init(axes: Int) {
      var generator = PhiloxGenerator(seed: 4)
      layer = Linear(inputFeatures: 1, outputFeatures: 6, using: &generator)
      self.axes = axes
    }

    var members: [ModuleMember<Float>] { [.module("layer", layer)] }
    var encoderDescription: EncoderDescription {
      EncoderDescription(
        inputChannels: 1, levels: [.init(channels: 6, stride: [Int](repeating: 1, count: axes))])
    }
    func callAsFunction(_ image: Variable<Float>) -> [Variable<Float>] { [layer(image)] }
  }

  private func quarterTurn() -> VariedAugmentation {
    var motion = VariedAugmentation.still
    motion.rotation = Double.pi / 2...Double.pi / 2
    motion.tilt = Double.pi / 2...Double.pi / 2
    motion.interpolation = .nearest
    return motion
  }

  /// An encoder of single pixels, and fixed views that a method turns by 90 degrees (a volume about all three axes).
  @Test(arguments: [[24, 24], [8, 8, 8]]) func aQuarterTurnOfTheViewsLeavesTheLoss(_ sides: [Int]) throws {
    var method = SuperCL(patchSize: PatchSize(sides), steps: 1, batchSize: 2)
    method.slic.segmentCount = 12
    method.intraLevel = .stage(0)
    method.weights = .init(instance: 0, intra: 1, inter: 0)
    // Slopes, which a quarter turn makes others, and a little noise.
    let images = (0..<2).map { (seed: Int) -> PretrainingImage in
      let noise = Tensor<Float>(converting: testRows(TensorShape(sides + [1]), seed: UInt64(seed)))
      let slope = Tensor<Float>(shape: noise.shape) { target in
        for index in target.indices {
          target[index] = Float(3 * (index % sides[0]) + index / sides[0] % sides[0])
        }
      }
      return PretrainingImage(slope + noise)
    }
    var generator = PhiloxGenerator(seed: 4)
    let network = SuperCLNetwork<Float>(
      encoder: Pointwise(axes: sides.count),
      projector: ProjectionHead(inputFeatures: 6, using: &generator))
    func loss(_ geometry: FixedViewGeometry) throws -> Float {
      method.fixedViewGeometry = geometry
      let views = try SuperCLViewMaker(method).views(of: images, key: RandomKey(seed: 1).at(step: 0))
      return try SuperCLLoss(method).evaluate(network, views).loss.item
    }
    let still = try loss(.still)
    #expect(abs(try loss(.mapsWarped(quarterTurn())) - still) <= 1e-5 * abs(still))
    #expect(abs(try loss(.mapsUnwarped(quarterTurn())) - still) > 1e-4 * abs(still))
  }

  /// Views shifted by whole pixels, of an image whose values are its places: a pixel has the label of its place where the
  /// other view shows that place, or one beside it, and none elsewhere.
  @Test func pixelsWithoutAPartnerAreLeftOut() throws {
    let side = 20
    var method = SuperCL(patchSize: PatchSize(side), steps: 1, batchSize: 1)
    method.slic.segmentCount = 10
    method.superpixelSource = .image
    method.fixedAugmentation = FixedAugmentation(
      brightness: nil, contrast: nil, blur: nil, scaling: .unchanged)
    var motion = VariedAugmentation.still
    (motion.translation, motion.translationRounding) = (-0.4...0.4, .wholePixels)
    motion.interpolation = .nearest
    method.fixedViewGeometry = .mapsWarped(motion)
    // From 1, so that the zeros outside are no place.
    let image = Tensor<Float>((1...side * side).map { Float($0) }, shape: [side, side, 1])
    let still = try method.slic.segment(image).labels.labels.scalars
    var leftOut = 0
    for step in 0..<10 {
      let views = try SuperCLViewMaker(method).views(
        of: [PretrainingImage(image)], key: RandomKey(seed: 1).at(step: step))
      let places = [views.fixed!.0, views.fixed!.1].map { $0.scalars.map { Int($0) - 1 } }
      let labels = [views.pixelLabels!.0, views.pixelLabels!.1].map(\.scalars)
      let maps = [views.superpixels!.0, views.superpixels!.1].map(\.scalars)
      for view in 0..<2 {
        let shown = Set(places[1 - view].filter { $0 >= 0 })
        for (pixel, place) in places[view].enumerated() {
          let (row, column) = (place / side, place % side)
          let isShown =
            place >= 0
            && (max(row - 1, 0)...min(row + 1, side - 1)).contains { r in
              (max(column - 1, 0)...min(column + 1, side - 1)).contains { shown.contains(r * side + $0) }
            }
          #expect(labels[view][pixel] == (isShown ? still[place] : -1))
          #expect(maps[view][pixel] == (place >= 0 ? still[place] : -1))
          if place >= 0, !isShown { leftOut += 1 }
        }
      }
    }
    #expect(leftOut > 100)
  }

  @Test func mirrorsAndMovementExcludeEachOther() {
    var method = SuperCL.asReleased
    method.fixedViewGeometry = .mapsWarped(quarterTurn())
    let error = #expect(throws: PretrainingError.self) { try method.validate() }
    guard case .badSetting("SuperCL", "fixedViewMirrors", _, _)? = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  // MARK: Masks

  @Test func pixelsOutsideAMaskHaveNoSuperpixel() throws {
    var method = SuperCL(patchSize: 24, steps: 1, batchSize: 2)
    method.slic.segmentCount = 6
    method.padding = .centered
    let image = Tensor<Float>(converting: testRows([24, 24, 1]))
    let mask = Tensor<Bool>((0..<576).map { $0 % 24 < 15 }, shape: [24, 24])
    let views = try SuperCLViewMaker(method).views(
      of: [
        PretrainingImage(image, mask: BinaryMask(mask)),
        PretrainingImage(image, mask: BinaryMask(Tensor(repeating: false, shape: [24, 24]))),
      ], key: RandomKey(seed: 1).at(step: 0))
    for map in [views.superpixels!.0, views.superpixels!.1] {
      #expect((map[0] .>= 0) == mask)
      #expect(map[1] == Tensor(repeating: -1, shape: [24, 24]))
    }
    #expect(views.superpixelCounts.count == 4 && views.superpixelCounts.suffix(2) == [0, 0])
    #expect(views.superpixelCounts[0] == Int(views.superpixels!.0.max().item) + 1)
  }
}
