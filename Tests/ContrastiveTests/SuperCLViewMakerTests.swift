import Contrastive
import Superpixel
import Tensor
import TestSupport
import Testing

@Suite struct SuperCLViewMakerTests {
  private func batch(positions: [Double?]) -> [PretrainingImage] {
    positions.enumerated().map {
      PretrainingImage(
        Tensor(converting: testRows([40, 30, 1], seed: UInt64($0.offset))), position: $0.element)
    }
  }

  private func key(seed: UInt64, step: Int) -> RandomKey {
    RandomKey(seed: seed).stream(for: .batches).at(step: step)
  }

  private func configuration() -> SuperCL {
    var configuration = SuperCL()
    configuration.patchSize = 32
    configuration.slic.segmentCount = 9
    return configuration
  }

  @Test func viewsAndMapsHaveThePatchsSize() throws {
    let views = try SuperCLViewMaker(configuration()).views(
      of: batch(positions: [0.1, 0.2, 0.9]), key: key(seed: 1, step: 0))
    for view in [views.fixed!.0, views.fixed!.1, views.varied!.0, views.varied!.1] {
      #expect(view.shape == [3, 32, 32, 1])
    }
    #expect(views.superpixels!.0.shape == [3, 32, 32] && views.superpixels!.1.shape == [3, 32, 32])
    #expect(views.positions == [0.1, 0.2, 0.9])
    #expect(views.fixed!.0 != views.fixed!.1 && views.varied!.0 != views.varied!.1)
  }

  @Test func eachFixedViewHasItsOwnSuperpixels() throws {
    let views = try SuperCLViewMaker(configuration()).views(
      of: batch(positions: [nil]), key: key(seed: 1, step: 0))
    let slic = SLIC(segmentCount: 9, compactness: 10, maximumIterations: 10)
    #expect(try slic.segment(views.fixed!.0[0]).labels.labels == views.superpixels!.0[0])
    #expect(try slic.segment(views.fixed!.1[0]).labels.labels == views.superpixels!.1[0])
  }

  @Test func superpixelsOfTheImageServeBothViews() throws {
    var configuration = configuration()
    configuration.superpixelSource = .image
    let views = try SuperCLViewMaker(configuration).views(
      of: batch(positions: [nil]), key: key(seed: 1, step: 0))
    #expect(views.superpixels!.0 == views.superpixels!.1)
  }

  @Test func variedViewsComeFromTheFixedViewsOrFromTheImage() throws {
    var configuration = configuration()
    configuration.patchSize = 48
    // No pixel moves, so that a varied view is what it was made of.
    configuration.variedAugmentation.mirrorProbability = 0
    configuration.variedAugmentation.warpProbability = 0
    let images = batch(positions: [nil])
    let fromViews = try SuperCLViewMaker(configuration).views(of: images, key: key(seed: 1, step: 0))
    #expect(fromViews.varied!.0 == fromViews.fixed!.0 && fromViews.varied!.1 == fromViews.fixed!.1)
    configuration.variedSource = .image
    let fromImage = try SuperCLViewMaker(configuration).views(of: images, key: key(seed: 1, step: 0))
    #expect(fromImage.fixed!.0 == fromViews.fixed!.0 && fromImage.fixed!.1 == fromViews.fixed!.1)
    #expect(fromImage.varied!.0 == fromImage.varied!.1)
    // The image lies whole in the larger patch, with zeros around it.
    let (kept, whole) = (fromImage.varied!.0.squared().sum(), images[0].image.squared().sum())
    #expect(kept.isClose(to: whole, absoluteTolerance: 0, relativeTolerance: 1e-5))
  }

  /// One image that no mirror maps to itself, with views that change nothing but its place.
  private func mirrored(_ mirrors: FixedViewMirrors, draws: Int) throws -> [(Tensor<Float>, Int)] {
    var configuration = configuration()
    configuration.patchSize = 40
    configuration.fixedAugmentation = FixedAugmentation(
      brightness: nil, contrast: nil, blur: nil, scaling: .unchanged)
    configuration.variedAugmentation.warpProbability = 0
    configuration.fixedViewMirrors = mirrors
    let image = Tensor<Float>(converting: testRows([40, 40, 1], seed: 5))
      .expanded(at: 0).gaussianSmoothed(standardDeviations: [3, 3], radius: .pixels(6), border: .reflect)
      .squeezed(at: 0)
    let maker = SuperCLViewMaker(configuration)
    return try (0..<draws).map { step in
      let views = try maker.views(of: [PretrainingImage(image)], key: key(seed: 1, step: step))
      if mirrors == .withVariedViews {
        #expect(views.varied!.0 == views.fixed!.0 && views.varied!.1 == views.fixed!.1)
      }
      if step < 8 {
        // The superpixels lie on the view as it is mirrored.
        #expect(try configuration.slic.segment(views.fixed!.0[0]).labels.labels == views.superpixels!.0[0])
      }
      return (views.fixed!.0[0], views.fixed!.0 == views.fixed!.1 ? 1 : 0)
    }
  }

  /// The released code mirrors the two views by themselves: they lie alike in a quarter of the draws (24 % of 500 in an
  /// independent run).
  @Test func theReleasedFixedViewsAreMirroredEachByItself() throws {
    let released = try mirrored(.withVariedViews, draws: 300)
    let share = Double(released.reduce(0) { $0 + $1.1 }) / 300
    #expect(abs(share - 0.25) < 0.08, "\(share)")
    #expect(Set(released.map { $0.0.scalars }).count == 4)
    let ours = try mirrored(.none, draws: 20)
    #expect(ours.allSatisfy { $0.1 == 1 } && Set(ours.map { $0.0.scalars }).count == 1)
  }

  /// ILCP takes the superpixels of the first view for both. Of its positives across the views 28 % share a superpixel
  /// in an independent run of the released code, all of them in ours.
  @Test(arguments: [(FixedViewMirrors.withVariedViews, 0.28), (.none, 1)])
  func mirrorsTearPositivesApart(_ mirrors: FixedViewMirrors, _ expected: Double) throws {
    var configuration = configuration()
    configuration.patchSize = 48
    configuration.slic.segmentCount = 36
    configuration.fixedAugmentation = FixedAugmentation(
      brightness: nil, contrast: nil, blur: nil, scaling: .unchanged)
    configuration.variedAugmentation.warpProbability = 0
    configuration.fixedViewMirrors = mirrors
    let image = Tensor<Float>(shape: [48, 48, 1]) { target in
      for index in target.indices { target[index] = Float(index) }
    }
    let maker = SuperCLViewMaker(configuration)
    let labels = try configuration.slic.segment(image).labels.labels.scalars
    var (shared, pairs) = (0, 0)
    for step in 0..<60 {
      let views = try maker.views(of: [PretrainingImage(image)], key: key(seed: 3, step: step))
      // A pixel's value is its place in the image, so that its superpixel there can be looked up; every third pixel.
      let truth = [views.fixed!.0, views.fixed!.1].map { $0.scalars.map { labels[Int($0)] } }
      let map = views.superpixels!.0.scalars
      for i in stride(from: 0, to: map.count, by: 29) {
        for j in stride(from: 0, to: map.count, by: 31) where map[i] == map[j] {
          pairs += 1
          if truth[0][i] == truth[1][j] { shared += 1 }
        }
      }
    }
    let share = Double(shared) / Double(pairs)
    #expect(abs(share - expected) < 0.13, "\(share)")
  }

  /// BraTS: superpixels of modality 1 alone, three times, by scikit-image's algorithm.
  @Test func bratsSegmentsOneModality() throws {
    var configuration = SuperCL.brats
    configuration.patchSize = 32
    configuration.slic.segmentCount = 9
    let image = Tensor<Float>(converting: testRows([40, 36, 4], seed: 3)) * 50
    let views = try SuperCLViewMaker(configuration).views(
      of: [PretrainingImage(image)], key: key(seed: 1, step: 0))
    let gray = views.fixed!.0[0].sliced(along: -1, 1..<2)
    var slic = SLIC(segmentCount: 9)
    slic.mode = .skimageCompatible
    slic.colorConversion = .lab
    let color = Tensor(concatenating: [gray, gray, gray], along: -1)
    #expect(try slic.segment(color).labels.labels == views.superpixels!.0[0])
    // Each modality was scaled to 0...1 before; brightness keeps it there.
    for view in [views.fixed!.0, views.fixed!.1, views.varied!.0, views.varied!.1] {
      #expect(view.min().item >= 0 && view.max().item <= 1)
    }
  }

  @Test func channelsAreScaledOneByOne() throws {
    var configuration = configuration()
    configuration.imageScaling = .minMaxPerChannel
    configuration.fixedAugmentation = FixedAugmentation(
      brightness: nil, contrast: nil, blur: nil, scaling: .unchanged)
    configuration.superpixelChannels = .one(2)
    var image = Tensor<Float>(converting: testRows([32, 32, 3], seed: 3))
    image = image * Tensor<Float>([1, 100, 0], shape: [1, 1, 3])
    let view = try SuperCLViewMaker(configuration).views(
      of: [PretrainingImage(image)], key: key(seed: 1, step: 0)
    )
    .fixed!.0[0]
    for channel in 0..<2 {
      let values = view.sliced(along: -1, channel..<channel + 1)
      #expect(values.min().item == 0 && values.max().item == 1)
    }
    #expect(view.sliced(along: -1, 2..<3) == Tensor(zeros: [32, 32, 1]))
  }

  @Test func aChannelThatIsNotThereIsAnError() throws {
    var configuration = configuration()
    configuration.superpixelChannels = .repeatedAsColor(1)
    let error = #expect(throws: PretrainingError.self) {
      try SuperCLViewMaker(configuration).views(of: batch(positions: [nil]), key: key(seed: 1, step: 0))
    }
    #expect(error?.description.contains("the image has 1 channels") == true)
  }

  @Test func positionsStandInTheirRows() throws {
    let views = try SuperCLViewMaker(configuration()).views(
      of: batch(positions: [0.1, nil]), key: key(seed: 1, step: 0))
    #expect(views.positions == [0.1, nil])
  }

  /// What no term reads is not made.
  @Test(arguments: [(1.0, 0.0, 0.0, false, true), (0, 1, 0, true, false), (0, 0, 1, true, true)])
  func weightsDecideWhichViewsAreMade(
    _ instance: Double, _ intra: Double, _ inter: Double, _ fixed: Bool, _ varied: Bool
  ) throws {
    var method = configuration()
    method.weights = .init(instance: instance, intra: intra, inter: inter)
    let views = try SuperCLViewMaker(method).views(
      of: batch(positions: [nil, nil]), key: key(seed: 1, step: 0))
    #expect((views.fixed != nil) == fixed && (views.superpixels != nil) == fixed)
    #expect((views.varied != nil) == varied)
  }

  @Test func seedAndStepAndPlaceDecide() throws {
    let maker = SuperCLViewMaker(configuration())
    let images = batch(positions: [nil, nil])
    let first = try maker.views(of: images, key: key(seed: 1, step: 0))
    #expect(try maker.views(of: images, key: key(seed: 1, step: 0)).varied!.0 == first.varied!.0)
    #expect(try maker.views(of: images, key: key(seed: 1, step: 1)).varied!.0 != first.varied!.0)
    #expect(try maker.views(of: images, key: key(seed: 2, step: 0)).varied!.0 != first.varied!.0)
    // The first image draws the same whatever follows it.
    #expect(try maker.views(of: [images[0]], key: key(seed: 1, step: 0)).varied!.0[0] == first.varied!.0[0])
    #expect(
      try maker.views(of: [images[0], images[0]], key: key(seed: 1, step: 0)).fixed!.0[0] != first.fixed!.0[1]
    )
  }
}
