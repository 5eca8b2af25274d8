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
}
