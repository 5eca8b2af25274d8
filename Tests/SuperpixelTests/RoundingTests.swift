import Superpixel
import Tensor
import Testing

/// Comparisons that are exact on paper.
@Suite struct RoundingTests {
  /// As 32-bit numbers .2 - .1 is .10000000149, 1000.3 - 1000.2 is .10003662.
  @Test(arguments: [[0.1, 0.2], [0.7, 0.8], [1_000.2, 1_000.3], [-0.2, -0.1]] as [[Float]])
  func aMeanDifferenceAtTheThreshold(_ row: [Float]) {
    let (map, image) = (LabelMap(Tensor<Int32>(rows: [[0, 1]])), Tensor<Float>(rows: [row]))
    func count(_ threshold: Double, _ linkage: MergeTree.Linkage) -> Int {
      map.merged(on: image, until: .threshold(threshold), linkage: linkage).distinctLabels.count
    }
    #expect(count(0.1, .meanDifference) == 1)
    #expect(count(0.0998, .meanDifference) == 2)
    // Ward's cost of two pixels: 1/2 * .1^2.
    #expect(count(0.005, .ward) == 1)
    #expect(count(0.00498, .ward) == 2)
  }

  @Test func aThresholdOfThreeChannels() {
    let map = LabelMap(Tensor<Int32>(rows: [[0, 1]]))
    // .1 * (1, 2, 2) is .3 long.
    let image = Tensor<Float>([0.1, 0.2, 0.3, 0.2, 0.4, 0.5], shape: [1, 2, 3])
    #expect(
      map.merged(on: image, until: .threshold(0.3), linkage: .meanDifference).labels
        == Tensor(rows: [[0, 0]]))
    #expect(
      map.merged(on: image, until: .threshold(0.2999), linkage: .meanDifference).labels
        == Tensor(rows: [[0, 1]]))
  }

  /// .29 of 100 pixels are 29, although .29 * 100 is 28.999999999999996: the passes end with the one that changes 29.
  @Test func aShareOfChangedLabels() throws {
    var found = 0
    for seed in 1...400 as ClosedRange<UInt64> {
      let image = TestImages.noise([10, 10], seed: seed)
      var slic = SLIC(segmentCount: 12, compactness: 4, maximumIterations: 6)
      slic.convergence = .never
      var changes: [Int] = []
      _ = try slic.segment(image) { step in
        if case .pass(_, let changed) = step.stage { changes.append(changed) }
        return .proceed
      }
      guard
        let pass = changes.indices.first(where: { Double(changes[$0]) / 100 * 100 < Double(changes[$0]) }),
        changes[..<pass].allSatisfy({ $0 > changes[pass] })
      else { continue }
      found += 1
      slic.convergence = .changedShare(atMost: Double(changes[pass]) / 100)
      #expect(try slic.segment(image).iterations == pass + 1, "\(changes[pass]) of 100 labels changed")
    }
    #expect(found > 0)
  }
}
