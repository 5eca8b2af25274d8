import Superpixel
import Tensor
import Testing

/// The standard mode: hand-made partitions and the properties that any correct implementation has.
@Suite struct SLICTests {
  @Test func fourQuadrantsBecomeFourSegments() throws {
    let result = try SLIC(segmentCount: 4).segment(TestImages.quadrants)
    let expected = Tensor<Int32>(shape: [20, 21]) { buffer in
      for index in buffer.indices { buffer[index] = (index / 21 < 10 ? 0 : 2) + (index % 21 < 10 ? 0 : 1) }
    }
    #expect(result.labels.labels == expected)
    #expect(result.count == 4)
    #expect(result.hasConverged)
  }

  @Test func aConstantImageGivesTheGrid() throws {
    let result = try SLIC(segmentCount: 6).segment(Tensor<Float>(ones: [12, 18]))
    #expect(result.labels == LabelMap(regularGrid: [12, 18], count: 6))
  }

  @Test(arguments: [0.01, 0.1, 1, 10, 1_000, 1e-30, 1e30], [6, 12, 24])
  func everyLabelIsOnePiece(compactness: Double, count: Int) throws {
    let result = try SLIC(segmentCount: count, compactness: compactness).segment(TestImages.texture)
    #expect(LabelChecks.problem(result) == nil)
    // The reference collapses to one label at a compactness of .01.
    #expect(result.count >= count / 2)
  }

  @Test func aVolumeGivesSupervoxels() throws {
    let result = try SLIC(segmentCount: 60).segment(volume: TestImages.ball(20, 30, 40))
    #expect(LabelChecks.problem(result) == nil)
    #expect((30...120).contains(result.count))
    #expect(result.labels.shape == [20, 30, 40])
  }

  @Test func maskedPixelsCarryTheMaskedLabelAlone() throws {
    let mask = Tensor<Bool>(shape: [32, 48]) { buffer in
      // Two islands, one of a single pixel.
      for index in buffer.indices {
        buffer[index] = (4..<28).contains(index / 48) && (3..<30).contains(index % 48) || index == 47
      }
    }
    var image = TestImages.texture
    image.withUnsafeMutableBufferPointer { $0[0] = .nan }  // outside the mask
    let result = try SLIC(segmentCount: 10).segment(image, mask: BinaryMask(mask))
    #expect(LabelChecks.problem(result, mask: mask.scalars) == nil)
    #expect(result.count >= 8)
  }

  @Test func maskedQuadrants() throws {
    let mask = Tensor<Bool>(shape: [20, 21]) { buffer in
      for index in buffer.indices {
        buffer[index] = (2..<18).contains(index / 21) && (2..<19).contains(index % 21)
      }
    }
    for mode in [SLIC.Mode.standard, .skimageCompatible] {
      // Compatible mode leaves grey in 0...1, where a compactness of 10 is a plain grid.
      var slic = SLIC(segmentCount: 4, compactness: mode == .standard ? 10 : 0.5)
      slic.mode = mode
      let result = try slic.segment(TestImages.quadrants, mask: BinaryMask(mask))
      #expect(result.count == 4)
      let labels = result.labels.labels.scalars
      let quadrant = (0..<420).map {
        Int32(mask.scalars[$0] ? ($0 / 21 < 10 ? 0 : 2) + ($0 % 21 < 10 ? 0 : 1) : -1)
      }
      #expect(LabelChecks.agreement(labels, quadrant) == 1)
      #expect(LabelChecks.agreement(quadrant, labels) == 1)
    }
  }

  @Test func theThreadCountChangesNothing() throws {
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    let image = TestImages.noise([200, 333])
    var results: [Superpixels] = []
    for threads in [1, 2, 3, 7] {
      ComputeThreads.count = threads
      results.append(try SLIC(segmentCount: 80).segment(image))
    }
    #expect(results.dropFirst().allSatisfy { $0 == results[0] })
  }

  @Test func scaleAndOffsetOfIntensitiesChangeNothing() throws {
    let image = TestImages.texture
    let changed = Tensor<Float>(shape: image.shape) { buffer in
      for (index, value) in image.scalars.enumerated() { buffer[index] = value * 4 - 16 }
    }
    let slic = SLIC(segmentCount: 24)
    // Rounding of the offset moves a few values by one bit, which moves at most single pixels.
    #expect(
      LabelChecks.agreement(
        try slic.segment(image).labels.labels.scalars, try slic.segment(changed).labels.labels.scalars) > 0.99
    )
  }

  @Test func aFlipGivesTheFlippedPartition() throws {
    let image = TestImages.texture
    let flipped = Tensor<Float>(shape: image.shape) { buffer in
      let values = image.scalars
      for index in buffer.indices { buffer[index] = values[index / 48 * 48 + 47 - index % 48] }
    }
    let slic = SLIC(segmentCount: 24)
    let labels = try slic.segment(flipped).labels.labels.scalars
    let back = labels.indices.map { labels[$0 / 48 * 48 + 47 - $0 % 48] }
    let agreement = LabelChecks.agreement(try slic.segment(image).labels.labels.scalars, back)
    #expect(agreement >= 0.99)
  }

  @Test(arguments: [[1, 1], [1, 9], [9, 1], [2, 2], [5, 3]])
  func tinyImages(_ extents: [Int]) throws {
    let image = TestImages.noise(TensorShape(extents))
    for count in [1, 2, 5, 100] {
      let result = try SLIC(segmentCount: count).segment(image)
      #expect(LabelChecks.problem(result) == nil)
      if count == 100 {
        #expect(result.labels.labels.scalars == Array(0..<Int32(extents.reduce(1, *))))
      }
    }
  }
}
