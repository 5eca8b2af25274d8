import Contrastive
import Tensor
import TestSupport
import Testing

/// ASP.
@Suite struct AverageSuperpixelFeaturesTests {
  @Test func theCheckValuesHold() throws {
    // Ym[r][c] = 0.1 (4 r + c) - 0.3 ((r + c) mod 3); a = 0, 0.0875, 0.38125 for superpixels 1, 2, 3.
    let means = Tensor<Double>(shape: [1, 4, 4, 1]) { buffer in
      for r in 0..<4 {
        for c in 0..<4 { buffer[4 * r + c] = 0.1 * Double(4 * r + c) - 0.3 * Double((r + c) % 3) }
      }
    }
    let map = Tensor<Int32>([1, 1, 2, 2, 1, 1, 2, 2, 1, 3, 3, 2, 3, 3, 3, 3], shape: [1, 4, 4])
    let values = [0, 0, 0.0875, 0.38125]
    let expected = Tensor(map.scalars.map { values[Int($0)] }, shape: [1, 16])
    let vectors = try AverageSuperpixelFeatures()(means, superpixels: map)
    #expect(vectors.isClose(to: expected, absoluteTolerance: 1e-9))
  }

  @Test(arguments: [("asp", AverageSuperpixelFeatures.Divisor.map), ("asp.overRegion", .region)])
  func itIsTheReference(_ name: String, _ divisor: AverageSuperpixelFeatures.Divisor) throws {
    let reference = try lossReferences()
    let vectors = try AverageSuperpixelFeatures(divisor: divisor)(
      try reference.tensor("ilcp.features1", as: Double.self),
      superpixels: try reference.tensor("ilcp.labels"))
    let expected = try reference.tensor("\(name).features1", as: Double.self)
    #expect(vectors.isClose(to: expected, absoluteTolerance: 1e-12))
  }

  @Test func overRegionsAConstantImageStaysConstant() throws {
    let features = Tensor<Float>(repeating: 3, shape: [2, 2, 3, 4])
    let map = Tensor<Int32>([0, 0, 1, 1, 2, 2, 9, 9, 9, 9, 9, 9], shape: [2, 2, 3])
    let vectors = try AverageSuperpixelFeatures(divisor: .region)(features, superpixels: map)
    #expect(vectors.isClose(to: Tensor(repeating: 3, shape: [2, 6]), absoluteTolerance: 1e-6))
  }

  @Test func aMapThatDoesNotFitNamesBothShapes() {
    #expect(throws: PretrainingError(.superpixelMapDoesNotFit(map: [2, 3, 3], features: [2, 2, 3, 4]))) {
      try AverageSuperpixelFeatures()(
        Tensor<Float>(zeros: [2, 2, 3, 4]), superpixels: Tensor(zeros: [2, 3, 3]))
    }
  }
}
