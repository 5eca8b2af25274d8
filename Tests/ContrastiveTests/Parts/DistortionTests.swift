import Contrastive
import Foundation
import Tensor
import Testing

@Suite struct DistortionTests {
  /// No two pixels alike, none of them black.
  private let view = Tensor<Float>(shape: [56, 48, 1]) { pixels in
    for index in pixels.indices { pixels[index] = Float(index + 1) }
  }

  private func distortion(_ blackening: Double, _ keeping: Double, _ swapping: Double) -> Distortion {
    var distortion = Distortion()
    (distortion.blackening, distortion.keeping, distortion.swapping) = (blackening, keeping, swapping)
    return distortion
  }

  private func changed(_ distortion: Distortion, seed: UInt64) -> (
    view: Tensor<Float>, black: Int, moved: Int
  ) {
    var generator = RandomKey(seed: seed).generator
    let result = distortion(view, black: -1, using: &generator)
    let pixels = zip(result.flattened().scalars, view.flattened().scalars)
    return (result, pixels.count { $0.0 == -1 }, pixels.count { $0.0 != -1 && $0.0 != $0.1 })
  }

  @Test func blackeningLeavesTheRestAndTheBorder() {
    for seed in 0..<20 {
      let (result, black, moved) = changed(distortion(1, 0, 0), seed: UInt64(seed))
      #expect(black > 0 && black < 56 * 48 && moved == 0)
      // 3 of 224 of a side of 56 is .75, one pixel; of 48 it is .64, one, too.
      #expect(result.sliced(along: 0, 0..<1) == view.sliced(along: 0, 0..<1))
      #expect(result.sliced(along: 1, 47...) == view.sliced(along: 1, 47...))
    }
  }

  @Test func keepingBlackensTheBorder() {
    for seed in 0..<20 {
      let (result, black, moved) = changed(distortion(0, 1, 0), seed: UInt64(seed))
      #expect(moved == 0 && black > 0)
      // At least one block of 154 of 224 of each side stays.
      #expect(56 * 48 - black >= 38 * 33)
      #expect(result[0].max().item == -1, "the border is black")
    }
  }

  @Test func swappingMovesBlocks() {
    for seed in 0..<20 {
      let (_, black, moved) = changed(distortion(0, 0, 1), seed: UInt64(seed))
      // Ten pairs of blocks of 2...4 pixels.
      #expect(black == 0 && moved > 10 && moved <= 20 * 16)
    }
  }

  @Test func noneLeavesTheViewAndChancesAreTheReleasedOnes() {
    #expect(changed(.none, seed: 1).view == view)
    var kinds = [0, 0, 0, 0]
    for seed in 0..<2000 {
      let (result, black, moved) = changed(Distortion(), seed: UInt64(seed))
      // The border is black only where all but some blocks are.
      let framed = result[0].max().item == -1
      let kind = black > 0 ? (framed ? 1 : 0) : (moved > 0 ? 2 : 3)
      kinds[kind] += 1
    }
    for (count, chance) in zip(kinds, [0.3, 0.05, 0.3, 0.35]) {
      #expect(abs(Double(count) / 2000 - chance) < 0.04, "\(kinds)")
    }
  }

  @Test func tinyViewsAndEmptyOnesPass() {
    var generator = RandomKey(seed: 4).generator
    for side in [1, 2, 5] {
      let small = Tensor<Float>(ones: [side, side, 2])
      for kind in [distortion(1, 0, 0), distortion(0, 1, 0), distortion(0, 0, 1)] {
        #expect(kind(small, black: 0, using: &generator).shape == small.shape)
      }
    }
    #expect(Distortion()(Tensor(zeros: [0, 4, 1]), black: 0, using: &generator).shape == [0, 4, 1])
  }
}
