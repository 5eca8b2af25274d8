import Foundation
import Superpixel
import Tensor
import Testing

/// The adaptive count on slices of a CT, with its default, beside every fixed count.
@Suite struct AdaptiveCountOnCTTests {
  /// Images and labels, `[101, 122]`; see Fixtures/PROVENANCE.md.
  static let slices: [(image: Tensor<UInt8>, labels: LabelMap)] = {
    guard
      let url = Bundle.module.url(
        forResource: "ct-slices", withExtension: "bin", subdirectory: "Fixtures"),
      let bytes = (try? Data(contentsOf: url)).map({ [UInt8]($0) })
    else { return [] }
    let (count, size) = (6, 101 * 122)
    guard bytes.count == 2 * count * size else { return [] }
    return (0..<count).map { index in
      let labels = bytes[(count + index) * size..<(count + index + 1) * size].map { Int32($0) }
      return (
        Tensor(Array(bytes[index * size..<(index + 1) * size]), shape: [101, 122]),
        LabelMap(Tensor(labels, shape: [101, 122]))
      )
    }
  }()

  @Test func theFixtureIsFound() { #expect(Self.slices.count == 6) }

  /// Means over the slices; `slic-experiments adaptive` measures all of them.
  @Test func leaksNoMoreThanTheBestFixedCounts() throws {
    var (leaked, bestLeaked) = (0.0, 0.0)
    for (image, labels) in Self.slices {
      func measure(_ count: SegmentCount) throws -> (count: Int, mass: Double) {
        let result = try SLIC(segmentCount: count).segment(image)
        let leakage = SuperpixelQuality.leakage(of: result.labels, against: labels).superpixels
        return (result.count, leakage.leakedMass)
      }
      let adaptive = try measure(.adaptive)
      #expect((25...400).contains(adaptive.count))
      let fixed = try stride(from: 25, through: 400, by: 25).map { try measure(.fixed($0)) }
      leaked += adaptive.mass
      bestLeaked += fixed.filter { $0.count <= adaptive.count }.map(\.mass).min() ?? 0
    }
    #expect(bestLeaked > 0 && leaked <= 1.1 * bestLeaked, "\(leaked / 6), best fixed \(bestLeaked / 6)")
  }
}
