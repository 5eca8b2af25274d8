import Superpixel
import Tensor
import Testing

/// The count follows the image.
@Suite struct AdaptiveCountTests {
  /// `count` cells around scattered points with well separated grey values, plus noise, `[128, 128]`.
  static func phantom(_ count: Int, noise: Float, seed: UInt64) -> (image: Tensor<Float>, regions: LabelMap) {
    let points = TestImages.noise([count, 2], seed: seed).scalars
    let disturbance = TestImages.noise([128, 128], seed: seed + 100).scalars
    var regions = [Int32](repeating: 0, count: 128 * 128)
    let image = Tensor<Float>(shape: [128, 128]) { buffer in
      for i in buffer.indices {
        let (y, x) = (Float(i / 128) / 128, Float(i % 128) / 128)
        func distance(_ k: Int) -> Float {
          let (dy, dx) = (y - points[2 * k], x - points[2 * k + 1])
          return dy * dy + dx * dx
        }
        let nearest = (0..<count).min { distance($0) < distance($1) } ?? 0
        regions[i] = Int32(nearest)
        // Neighbors in number are far apart in value.
        let level = Float((nearest * 7) % count) / Float(max(count - 1, 1))
        buffer[i] = level + noise * (disturbance[i] - 0.5)
      }
    }
    return (image, LabelMap(Tensor(regions, shape: [128, 128])))
  }

  @Test(arguments: [2, 4, 8, 16], [Float(0.01), 0.05, 0.1])
  func theCoarseCountOfKRegionsIsKToThreeK(_ count: Int, noise: Float) throws {
    for seed in [UInt64(3), 4] {
      let (image, regions) = Self.phantom(count, noise: noise, seed: seed)
      let pieces = LabelChecks.pieces(regions).count
      let result = try SLIC(segmentCount: .adaptive(.coarse)).segment(image)
      #expect((pieces...3 * pieces).contains(result.count), "\(result.count) for \(pieces) regions")
      #expect(LabelChecks.problem(result) == nil)
    }
  }

  @Test(arguments: [2, 4, 8, 16], [30.0, 120])
  func theCoarseToleranceIsFarFromItsLimits(_ count: Int, tolerance: Double) throws {
    let (image, regions) = Self.phantom(count, noise: 0.05, seed: 7)
    let pieces = LabelChecks.pieces(regions).count
    let result = try SLIC(segmentCount: .adaptive(AdaptiveCount(finestCount: 400, tolerance: tolerance)))
      .segment(image)
    #expect((pieces...3 * pieces).contains(result.count), "\(result.count) for \(pieces) regions")
  }

  @Test func aConstantImageIsOneSegment() throws {
    for adaptive in [AdaptiveCount(), .coarse] {
      #expect(try SLIC(segmentCount: .adaptive(adaptive)).segment(Tensor<Float>(ones: [60, 70])).count == 1)
    }
  }

  @Test func busierAndNoisierImagesGiveOtherCounts() throws {
    func count(_ regions: Int, _ noise: Float) throws -> Int {
      try SLIC(segmentCount: .adaptive).segment(Self.phantom(regions, noise: noise, seed: 5).image).count
    }
    #expect(try count(24, 0.05) > count(6, 0.05))
    #expect(try count(24, 0.05) != count(24, 1))
  }

  @Test func volumesAndMasks() throws {
    let volume = TestImages.ball(16, 32, 32)
    let result = try SLIC(segmentCount: .adaptive(.coarse)).segment(volume: volume)
    #expect(LabelChecks.problem(result) == nil)
    #expect((2...6).contains(result.count))
    let mask = (0..<32 * 48).map { $0 % 48 < 30 }
    let masked = try SLIC(segmentCount: .adaptive).segment(
      TestImages.texture, mask: BinaryMask(Tensor(mask, shape: [32, 48])))
    #expect(LabelChecks.problem(masked, mask: mask) == nil)
  }

  @Test func badParametersAreNamed() {
    for (adaptive, name) in [
      (AdaptiveCount(finestCount: 0), "finestCount"), (AdaptiveCount(tolerance: -1), "tolerance"),
      (AdaptiveCount(tolerance: .nan), "tolerance"),
    ] {
      let error = #expect(throws: SuperpixelError.self) {
        try SLIC(segmentCount: .adaptive(adaptive)).segment(TestImages.texture)
      }
      #expect(error?.field == name)
    }
    var slic = SLIC(segmentCount: .adaptive)
    slic.mode = .skimageCompatible
    #expect(throws: SuperpixelError.self) { try slic.segment(TestImages.texture) }
  }
}
