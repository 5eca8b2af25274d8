import QuickstartKit
import Testing

@Suite struct SlabSplitTests {
  /// Four classes that cover all slices.
  private let everywhere = [[Int]](repeating: [Int](repeating: 100, count: 112), count: 4)

  private func dealt(_ voxels: [[Int]], slices: Int, minimum: Int = 300) -> (
    split: SlabSplit, classes: [Int]
  )? {
    SlabSplit.dealing(voxels: voxels, sliceCount: slices, slabLength: 8, dropped: 2, minimumVoxels: minimum)
  }

  @Test func partsAreSlabsInTurnWithDroppedBorders() throws {
    let split = try #require(dealt(everywhere, slices: 112)?.split)
    let turn: [SlabSplit.Part] = [.train, .train, .validation, .test]
    let first = (0..<4).first { phase in
      split.slabs.indices.allSatisfy { split.slabs[$0].part == turn[($0 + phase) % 4] }
    }
    #expect(first != nil)
    #expect(split.slabs.allSatisfy { (7...10).contains($0.slices.count) })
    for (left, right) in zip(split.slabs, split.slabs.dropFirst()) { #expect(right.first - left.last == 3) }
    #expect(split.slabs.first?.first == 0)
    #expect(split.slabs.last?.last == 111)
  }

  @Test func partsShareNoSlice() throws {
    let split = try #require(dealt(everywhere, slices: 112)?.split)
    let all = SlabSplit.Part.allCases.flatMap { split.slices(of: $0) }
    #expect(Set(all).count == all.count)
  }

  @Test func theTurnBeginsWhereTheMostClassesHaveEnoughVoxels() throws {
    // A class in slices 10...29 alone: by the first turn it would lie in training and validation only.
    var narrow = [Int](repeating: 0, count: 112)
    for slice in 2..<30 { narrow[slice] = 200 }
    let (split, classes) = try #require(dealt(everywhere + [narrow], slices: 112))
    #expect(classes == [0, 1, 2, 3, 4])
    for part in SlabSplit.Part.allCases {
      #expect(split.slices(of: part).reduce(0) { $0 + narrow[$1] } >= 300)
    }
  }

  @Test func classesWithoutEnoughVoxelsAreLeftOut() throws {
    var rare = [Int](repeating: 0, count: 112)
    rare[5] = 1000
    #expect(try #require(dealt(everywhere + [rare], slices: 112)).classes == [0, 1, 2, 3])
  }

  @Test(arguments: [10, 20, 37])
  func smallVolumesGiveEveryPartSlices(_ slices: Int) throws {
    let voxels = [[Int](repeating: 1000, count: slices)]
    let (split, classes) = try #require(dealt(voxels, slices: slices))
    #expect(classes == [0])
    for part in SlabSplit.Part.allCases { #expect(!split.slices(of: part).isEmpty) }
  }

  @Test func tooFewSlicesGiveNoSplit() {
    #expect(dealt([[Int](repeating: 1000, count: 9)], slices: 9) == nil)
  }

  @Test func labelledSlicesComeFromEveryTrainingSlabInTurn() throws {
    let split = try #require(dealt(everywhere, slices: 112)?.split)
    let slabs = split.slabs(of: .train)
    let chosen = split.labelledSlices(fraction: 0.1, seed: 1)
    #expect(chosen.count == Int((0.1 * Double(split.slices(of: .train).count)).rounded(.up)))
    for slab in slabs { #expect(chosen.count { slab.slices.contains($0) } <= 1) }
    #expect(Set(chosen).isSubset(of: split.slices(of: .train)))
    #expect(split.labelledSlices(fraction: 0.1, seed: 1) == chosen)
    #expect(split.labelledSlices(fraction: 1, seed: 3) == split.slices(of: .train))
    // A larger share holds the smaller one of the same seed.
    #expect(Set(chosen).isSubset(of: split.labelledSlices(fraction: 0.25, seed: 1)))
  }
}
