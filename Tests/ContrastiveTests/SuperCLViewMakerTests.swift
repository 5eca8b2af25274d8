import Contrastive
import Superpixel
import Tensor
import TestSupport
import Testing

@Suite struct SuperCLViewMakerTests {
  private func batch(positions: [Double?]) -> [PretrainingImage<Float>] {
    positions.enumerated().map {
      PretrainingImage(
        Tensor(converting: testRows([40, 30, 1], seed: UInt64($0.offset))), position: $0.element)
    }
  }

  private func configuration() -> SuperCLConfiguration {
    var configuration = SuperCLConfiguration()
    configuration.patchSize = 32
    configuration.segmentCount = 9
    return configuration
  }

  @Test func viewsAndMapsHaveThePatchsSize() throws {
    let views = try SuperCLViewMaker(configuration()).views(
      of: batch(positions: [0.1, 0.2, 0.9]), seed: 1, step: 0)
    for view in [views.fixed.0, views.fixed.1, views.varied.0, views.varied.1] {
      #expect(view.shape == [3, 32, 32, 1])
    }
    #expect(views.superpixels.0.shape == [3, 32, 32] && views.superpixels.1.shape == [3, 32, 32])
    #expect(views.positions == [0.1, 0.2, 0.9])
    #expect(views.fixed.0 != views.fixed.1 && views.varied.0 != views.varied.1)
  }

  @Test func eachFixedViewHasItsOwnSuperpixels() throws {
    let views = try SuperCLViewMaker(configuration()).views(of: batch(positions: [nil]), seed: 1, step: 0)
    let slic = SLIC(segmentCount: 9, compactness: 10, maximumIterations: 10)
    #expect(try slic.segment(views.fixed.0[0]).labels.labels == views.superpixels.0[0])
    #expect(try slic.segment(views.fixed.1[0]).labels.labels == views.superpixels.1[0])
  }

  @Test func superpixelsOfTheImageServeBothViews() throws {
    var configuration = configuration()
    configuration.superpixelSource = .image
    let views = try SuperCLViewMaker(configuration).views(of: batch(positions: [nil]), seed: 1, step: 0)
    #expect(views.superpixels.0 == views.superpixels.1)
  }

  @Test func variedViewsComeFromTheFixedViewsOrFromTheImage() throws {
    var configuration = configuration()
    configuration.patchSize = 48
    // No pixel moves, so that a varied view is what it was made of.
    configuration.variedAugmentation.mirrorProbability = 0
    configuration.variedAugmentation.warpProbability = 0
    let images = batch(positions: [nil])
    let fromViews = try SuperCLViewMaker(configuration).views(of: images, seed: 1, step: 0)
    #expect(fromViews.varied.0 == fromViews.fixed.0 && fromViews.varied.1 == fromViews.fixed.1)
    configuration.variedSource = .image
    let fromImage = try SuperCLViewMaker(configuration).views(of: images, seed: 1, step: 0)
    #expect(fromImage.fixed.0 == fromViews.fixed.0 && fromImage.fixed.1 == fromViews.fixed.1)
    #expect(fromImage.varied.0 == fromImage.varied.1)
    // The image lies whole in the larger patch, with zeros around it.
    let (kept, whole) = (fromImage.varied.0.squared().sum(), images[0].image.squared().sum())
    #expect(kept.isClose(to: whole, absoluteTolerance: 0, relativeTolerance: 1e-5))
  }

  @Test func onePositionMissingDropsAll() throws {
    let views = try SuperCLViewMaker(configuration()).views(
      of: batch(positions: [0.1, nil]), seed: 1, step: 0)
    #expect(views.positions == nil)
  }

  @Test func seedAndStepAndPlaceDecide() throws {
    let maker = SuperCLViewMaker(configuration())
    let images = batch(positions: [nil, nil])
    let first = try maker.views(of: images, seed: 1, step: 0)
    #expect(try maker.views(of: images, seed: 1, step: 0).varied.0 == first.varied.0)
    #expect(try maker.views(of: images, seed: 1, step: 1).varied.0 != first.varied.0)
    #expect(try maker.views(of: images, seed: 2, step: 0).varied.0 != first.varied.0)
    // The first image draws the same whatever follows it.
    #expect(try maker.views(of: [images[0]], seed: 1, step: 0).varied.0[0] == first.varied.0[0])
    #expect(try maker.views(of: [images[0], images[0]], seed: 1, step: 0).fixed.0[0] != first.fixed.0[1])
  }
}
