import Superpixel
import Tensor
import Testing

/// Superpixels by their size, in millimetres and in pixels.
@Suite struct SegmentSizeTests {
  /// A grid of seeds as near as it comes to area / edge^2, or volume / edge^3.
  @Test(arguments: [([1, 1], 8), ([2, 2], 8), ([0.5, 2], 8), ([1, 1], 16)] as [([Double], Double)])
  func edgesMakeAsManyAsTheAreaHolds(_ spacing: [Double], _ edge: Double) throws {
    var slic = SLIC(segmentCount: .edge(millimeters: edge))
    slic.spacing = spacing
    let count = try slic.segment(TestImages.noise([64, 64], seed: 3)).count
    let wanted = 64 * 64 * spacing[0] * spacing[1] / (edge * edge)
    #expect((0.75...1.3).contains(Double(count) / wanted), "\(count), \(wanted)")
  }

  @Test func edgesOfVolumesMakeCubes() throws {
    var slic = SLIC(segmentCount: .edge(millimeters: 10))
    slic.spacing = [5, 1, 1]
    let count = try slic.segment(volume: TestImages.noise([8, 40, 40], seed: 3)).count
    // 40 x 40 x 40 mm.
    #expect((45...90).contains(count), "\(count)")
  }

  @Test func hugeAndTinyEdgesAreOneAndAllPixels() throws {
    var slic = SLIC(segmentCount: .edge(millimeters: 1e300))
    slic.spacing = [1, 1]
    #expect(try slic.segment(TestImages.noise([6, 5], seed: 1)).count == 1)
    slic.segmentCount = .edge(millimeters: 1e-300)
    #expect(try slic.segment(TestImages.noise([6, 5], seed: 1)).count == 30)
  }

  @Test(arguments: [0, -1, Double.nan, .infinity]) func badEdgesAreNamed(_ edge: Double) {
    var slic = SLIC(segmentCount: .edge(millimeters: edge))
    slic.spacing = [1, 1]
    let error = #expect(throws: SuperpixelError.self) { try slic.segment(TestImages.texture) }
    #expect(error?.description == "segmentCount = edge(\(edge) mm): must be finite and greater than 0")
  }

  @Test func withoutASpacingThereAreNoMillimeters() {
    for mode in [SLIC.Mode.standard, .skimageCompatible] {
      var slic = SLIC(segmentCount: .edge(millimeters: 4))
      slic.mode = mode
      let error = #expect(throws: SuperpixelError.self) { try slic.segment(TestImages.texture) }
      #expect(error?.description == "segmentCount = edge(4.0 mm): needs a spacing in millimeters")
    }
  }

  // MARK: The least size of an adaptive count

  @Test(arguments: [1, 40, 150, 4000]) func nothingIsSmallerThanTheLeastSize(_ size: Int) throws {
    let (image, _) = AdaptiveCountTests.phantom(24, noise: 0.05, seed: 5)
    let result = try SLIC(segmentCount: .adaptive(AdaptiveCount(minimumSize: size))).segment(image)
    var areas = [Int](repeating: 0, count: result.count)
    for label in result.labels.labels.scalars { areas[Int(label)] += 1 }
    #expect(areas.allSatisfy { $0 >= size }, "\(areas)")
    #expect(LabelChecks.problem(result) == nil)
    if size == 1 { #expect(try SLIC(segmentCount: .adaptive).segment(image) == result) }
  }

  @Test func aLeastSizeOfNothingIsAnError() {
    let error = #expect(throws: SuperpixelError.self) {
      try SLIC(segmentCount: .adaptive(AdaptiveCount(minimumSize: 0))).segment(TestImages.texture)
    }
    #expect(error?.field == "minimumSize")
  }
}
