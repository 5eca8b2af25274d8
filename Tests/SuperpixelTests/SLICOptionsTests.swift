import Superpixel
import Tensor
import Testing

/// The options of the standard mode, one by one.
@Suite struct SLICOptionsTests {
  private let image = TestImages.texture

  @Test func sizeAsksForACount() throws {
    let bySize = try SLIC(segmentCount: .size(64)).segment(image)
    #expect(bySize == (try SLIC(segmentCount: 24).segment(image)))
  }

  @Test func spacingMakesSegmentsSquareInItsUnits() throws {
    // Rows twice as far apart as columns: 6 x 6 cells of 8 x 8 units on 24 x 48 pixels.
    var slic = SLIC(segmentCount: 36)
    slic.spacing = [2, 1]
    let result = try slic.segment(Tensor<Float>(ones: [24, 48]))
    let expected = (0..<24 * 48).map { index -> Int32 in
      let (row, column) = (index / 48 / 4, index % 48 / 8)
      return Int32(row * 6 + column)
    }
    #expect(result.labels.labels.scalars == expected)
  }

  @Test func spacingInThreeDimensions() throws {
    var slic = SLIC(segmentCount: 8)
    slic.spacing = [4, 1, 1]
    let result = try slic.segment(volume: Tensor<Float>(ones: [4, 16, 16]))
    let expected = (0..<1_024).map { index -> Int32 in
      let (plane, row, column) = (index / 256 / 2, index / 16 % 16 / 8, index % 16 / 8)
      return Int32(plane * 4 + row * 2 + column)
    }
    #expect(result.labels.labels.scalars == expected)
  }

  @Test func aLargeSigmaFlattensTheImage() throws {
    var slic = SLIC(segmentCount: 24, compactness: 1)
    slic.connectivity = .unenforced
    let noise = TestImages.noise([32, 48])
    let rough = try slic.segment(noise)
    slic.sigma = 4
    let smooth = try slic.segment(noise)
    func boundary(_ result: Superpixels) -> Int { result.labels.boundaries().foregroundCount }
    #expect(boundary(smooth) < boundary(rough) / 2)
  }

  @Test func smoothingKeepsAConstantAndSpreadsAnImpulse() throws {
    // A bright pixel far from any boundary pulls nothing: with sigma the partition stays the grid.
    var slic = SLIC(segmentCount: 6)
    slic.sigma = 1.5
    let result = try slic.segment(Tensor<Float>(ones: [12, 18]))
    #expect(result.labels == LabelMap(regularGrid: [12, 18], count: 6))
  }

  @Test func slicoAdaptsToTexture() throws {
    // Left half strong noise, right half weak: with one compactness the left is far more ragged.
    let noise = TestImages.noise([64, 64]).scalars
    let image = Tensor<Float>(shape: [64, 64]) { buffer in
      for i in buffer.indices { buffer[i] = i % 64 < 32 ? noise[i] : 0.1 * noise[i] }
    }
    func raggedness(_ variant: SLIC.Variant) throws -> Int {
      var slic = SLIC(segmentCount: 16, compactness: 10)
      slic.variant = variant
      slic.connectivity = .unenforced
      let edges = try slic.segment(image).labels.boundaries().values.scalars
      return edges.indices.count { edges[$0] && $0 % 64 < 32 }
    }
    #expect(try raggedness(.slico) < (raggedness(.slic) * 2) / 3)
    var slic = SLIC(segmentCount: 16)
    slic.variant = .slico
    #expect(LabelChecks.problem(try slic.segment(image)) == nil)
  }

  @Test func slicoDoesNotDependOnThreads() throws {
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    var slic = SLIC(segmentCount: 30)
    slic.variant = .slico
    ComputeThreads.count = 1
    let one = try slic.segment(TestImages.noise([150, 100]))
    ComputeThreads.count = 3
    #expect(one == (try slic.segment(TestImages.noise([150, 100]))))
  }

  @Test(arguments: [1.0, 1.5])
  func theMaximumSizeIsKept(_ factor: Double) throws {
    var slic = SLIC(segmentCount: 8, compactness: 0.05)
    slic.maximumSizeFactor = factor
    slic.minimumSizeFactor = 0
    for image in [image, TestImages.noise([40, 40])] {
      let result = try slic.segment(image)
      #expect(LabelChecks.problem(result) == nil)
      let limit = Int((factor * Double(image.elementCount) / 8).rounded(.up))
      var sizes: [Int32: Int] = [:]
      for label in result.labels.labels.scalars { sizes[label, default: 0] += 1 }
      #expect((sizes.values.max() ?? 0) <= limit)
    }
  }

  @Test func theMinimumSizeIsKept() throws {
    for rule in [SLIC.SmallSegmentRule.closestMean, .longestBorder] {
      var slic = SLIC(segmentCount: 24, compactness: 0.1)
      slic.minimumSizeFactor = 0.8
      slic.smallSegmentRule = rule
      let result = try slic.segment(TestImages.noise([32, 48]))
      #expect(LabelChecks.problem(result) == nil)
      var sizes: [Int32: Int] = [:]
      for label in result.labels.labels.scalars { sizes[label, default: 0] += 1 }
      #expect((sizes.values.min() ?? 0) >= 51)  // .8 * 1536 / 24
    }
  }

  @Test func smallPiecesFollowTheRule() throws {
    // One bright pixel beside a bright block to its right (one face) inside a dark area (three faces).
    var values = [Float](repeating: 0, count: 6 * 8)
    for y in 0..<6 { for x in 4..<8 { values[y * 8 + x] = 1 } }
    let superpixel = Tensor(values, shape: [6, 8])
    var slic = SLIC(segmentCount: 2, compactness: 0.01)
    let halves = try slic.segment(superpixel)
    #expect(halves.labels.labels.scalars == values.map { Int32($0) })
    slic.connectivity = .unenforced
    #expect(try slic.segment(superpixel).count == 2)
  }

  @Test func oneIterationAndManyReportThemselves() throws {
    let one = try SLIC(segmentCount: 12, maximumIterations: 1).segment(image)
    #expect(one.iterations == 1 && !one.hasConverged && one.lastChangeCount > 0)
    let many = try SLIC(segmentCount: 12, maximumIterations: 200).segment(image)
    #expect(many.hasConverged && many.iterations < 200 && many.lastChangeCount == 0)
    var fixed = SLIC(segmentCount: 12, maximumIterations: 200)
    fixed.convergence = .never
    let never = try fixed.segment(image)
    #expect(never.iterations == 200 && never.labels == many.labels)
    fixed.convergence = .changedShare(atMost: 0.05)
    let loose = try fixed.segment(image)
    #expect(loose.hasConverged && loose.iterations < many.iterations)
    #expect(Double(loose.lastChangeCount) <= 0.05 * 1_536)
  }

  @Test func everyThirdRowGivesAlmostTheSame() throws {
    var slic = SLIC(segmentCount: 24)
    slic.rowStride = 3
    let result = try slic.segment(image)
    #expect(LabelChecks.problem(result) == nil)
    let full = try SLIC(segmentCount: 24).segment(image)
    #expect(LabelChecks.agreement(full.labels.labels.scalars, result.labels.labels.scalars) > 0.85)
  }

  @Test func aWiderWindowFindsTheNearestOfAllCenters() throws {
    var slic = SLIC(segmentCount: 24, compactness: 1_000)
    slic.windowInSteps = 100
    #expect(
      try slic.segment(image).labels == SLIC(segmentCount: 24, compactness: 1_000).segment(image).labels)
  }

  @Test func labAndLightnessDiffer() throws {
    let color = Tensor<Float>(shape: [20, 20, 3]) { buffer in
      // Two colors of one lightness: only a* and b* tell them apart.
      for i in buffer.indices {
        buffer[i] = i / 3 % 20 < 7 ? [0.9, 0.2, 0.2][i % 3] : [0.05, 0.505, 0.15][i % 3]
      }
    }
    let result = try SLIC(segmentCount: 4).segment(color)
    let leakage = SuperpixelQuality.leakage(
      of: result.labels,
      against: LabelMap(Tensor(shape: [20, 20]) { b in for i in b.indices { b[i] = i % 20 < 7 ? 0 : 1 } }))
    #expect(leakage.superpixels.leakedMass == 0)
    #expect(leakage.regularGrid.leakedMass > 0.1)
  }
}
