import Tensor
import Testing

@Suite struct LabelMapTests {
  @Test func labels() {
    let map = LabelMap(Tensor<Int32>(rows: [[3, 0], [7, 3]]))
    #expect(map.shape == [2, 2])
    #expect(map.labelBound == 8)
    #expect(map.distinctLabels == [0, 3, 7])
    #expect(map.mask(of: 3) == BinaryMask(Tensor(rows: [[true, false], [false, true]])))
    #expect(LabelMap(Tensor<Int32>(zeros: [0, 4])).labelBound == 0)
    #expect(LabelMap(Tensor<Int32>(zeros: [0, 4])).distinctLabels.isEmpty)
  }

  @Test func otherRanksTrap() async {
    await #expect(processExitsWith: .failure) { _ = LabelMap(Tensor<Int32>([1, 2])) }
  }
}
