import Contrastive
import Tensor
import Testing

@Suite struct InstancePositivesTests {
  @Test func theOtherViewAlone() {
    #expect(
      Tensor<Int32>(mask: InstancePositives.otherView.mask(batch: 2))
        == Tensor(rows: [[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]]))
  }

  @Test func nearSlicesInAllFourCombinations() {
    // .05 and .12 are .07 apart; .9 stands alone.
    let mask = InstancePositives.positions([0.05, 0.12, 0.9]).mask(batch: 3)
    #expect(
      Tensor<Int32>(mask: mask)
        == Tensor(rows: [
          [0, 1, 0, 1, 1, 0], [1, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 1],
          [1, 1, 0, 0, 1, 0], [1, 1, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0],
        ]))
  }

  @Test func theThresholdIsStrict() {
    // 1/4 apart exactly, in binary.
    let mask = InstancePositives.positions([0.25, 0.5], threshold: 0.25).mask(batch: 2)
    #expect(mask == InstancePositives.otherView.mask(batch: 2))
  }

  @Test func positionsCountFromOne() {
    #expect(InstancePositives.position(slice: 0, of: 8) == 0.125)
    #expect(InstancePositives.position(slice: 7, of: 8) == 1)
  }

  @Test func anEmptyBatchHasNoPairs() {
    #expect(InstancePositives.otherView.mask(batch: 0).shape == [0, 0])
  }

  @Test func positionsThatDoNotFitStop() async {
    await #expect(processExitsWith: .failure) {
      _ = InstancePositives.positions([0.5]).mask(batch: 2)
    }
  }

  /// .3 - .2 is below .1 in binary, .2 - .1 is not: on paper both are .1, and strictly below is below.
  @Test(arguments: [10, 20]) func slicesAThresholdApartAreNoPair(_ count: Int) {
    let positions = (0..<count).map { InstancePositives.position(slice: $0, of: count) as Double? }
    let mask = InstancePositives.positions(positions, threshold: 0.1).mask(batch: count)
    // Of 20 slices neighbours are .05 apart.
    let near = count == 10 ? 0 : 1
    for i in 0..<count {
      for j in 0..<count where i != j {
        #expect(mask[i, j] == (abs(i - j) <= near), "\(i) and \(j) of \(count)")
      }
    }
  }

  /// A slice without position has the other view of its image alone.
  @Test func aRowWithoutPositionPairsWithItsOtherView() {
    let mask = InstancePositives.positions([0.5, nil, 0.52], threshold: 0.1).mask(batch: 3)
    let pairs = (0..<6).map { i in (0..<6).filter { mask[i, $0] } }
    #expect(pairs == [[2, 3, 5], [4], [0, 3, 5], [0, 2, 5], [1], [0, 2, 3]])
  }
}
