import Foundation
import Superpixel
import Testing

@Suite struct SLICCodingTests {
  private func copy(_ slic: SLIC) throws -> SLIC {
    try JSONDecoder().decode(SLIC.self, from: JSONEncoder().encode(slic))
  }

  @Test func everySettingSurvivesJSON() throws {
    var changed = SLIC(segmentCount: 37, compactness: 0.3, maximumIterations: 4)
    #expect(try copy(changed) == changed)
    changed.mode = .skimageCompatible
    changed.variant = .slico
    changed.colorConversion = .unit
    changed.sigma = 1.5
    changed.spacing = [2, 0.5]
    changed.windowInSteps = 1.25
    changed.rowStride = 3
    changed.convergence = .changedShare(atMost: 0.02)
    changed.connectivity = .unenforced
    changed.minimumSizeFactor = 0.25
    changed.maximumSizeFactor = 2
    changed.smallSegmentRule = .longestBorder
    #expect(try copy(changed) == changed)
  }

  @Test func everyCaseSurvivesJSON() throws {
    for count in [
      SegmentCount.fixed(3), .size(40), .edge(millimeters: 2.5),
      .adaptive(AdaptiveCount(finestCount: 90, tolerance: 7, minimumSize: 12)),
    ] {
      #expect(try copy(SLIC(segmentCount: count)).segmentCount == count)
    }
    var slic = SLIC()
    for conversion in [SLIC.ColorConversion.automatic, .lab, .lightness, .unit] {
      slic.colorConversion = conversion
      #expect(try copy(slic) == slic)
    }
    for convergence in [SLIC.Convergence.unchangedLabels, .never, .changedShare(atMost: 0)] {
      slic.convergence = convergence
      #expect(try copy(slic) == slic)
    }
  }

  @Test func anUnknownNameIsAnErrorThatSaysIt() throws {
    let text = String(decoding: try JSONEncoder().encode(SLIC()), as: UTF8.self)
    for (old, new) in [("standard", "quick"), ("unchangedLabels", "someday")] {
      let changed = Data(text.replacing(old, with: new).utf8)
      #expect {
        try JSONDecoder().decode(SLIC.self, from: changed)
      } throws: {
        "\($0)".contains("'\(new)'")
      }
    }
  }
}
