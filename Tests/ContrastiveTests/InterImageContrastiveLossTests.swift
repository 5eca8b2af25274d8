import Autograd
import Contrastive
import Tensor
import TestSupport
import Testing

/// IGCP.
@Suite struct InterImageContrastiveLossTests {
  @Test func theCheckValueHolds() {
    let components = ConnectedComponentLabels(NearestNeighborGraph(checkRows))
    let loss = InterImageContrastiveLoss()(Variable(checkRows), components: components)
    #expect(abs(loss.item - 10.555856017959348) <= 1e-9)
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let components = ConnectedComponentLabels(NearestNeighborGraph(testRows([6, 4], seed: 9)))
    let result = checkGradient(at: [testRows([6, 3])]) {
      InterImageContrastiveLoss(.init(0.5))($0[0], components: components)
    }
    #expect(result.passes, "\(result)")
  }

  @Test func eachViewTakesItsOwnMap() throws {
    // ASP over the first map groups by columns, over the second by rows.
    let features = testRows([2, 2, 2, 3])
    let maps = [
      Tensor<Int32>([0, 1, 0, 1, 0, 1, 0, 1], shape: [2, 2, 2]),
      Tensor<Int32>([0, 0, 1, 1, 0, 0, 1, 1], shape: [2, 2, 2]),
    ]
    let components = try InterImageContrastiveLoss().components(
      [features, features], superpixels: maps)
    let vectors = try maps.map { try AverageSuperpixelFeatures()(features, superpixels: $0) }
    let expected = ConnectedComponentLabels(NearestNeighborGraph(Tensor(concatenating: vectors, along: 0)))
    #expect(components == expected)
  }

  @Test func uniformVectorsMakeOneComponent() throws {
    let features = Tensor<Float>(ones: [3, 2, 2, 4])
    let map = Tensor<Int32>(zeros: [3, 2, 2])
    let components = try InterImageContrastiveLoss().components(
      [features, features], superpixels: [map, map])
    #expect(components.count == 1)
  }
}
