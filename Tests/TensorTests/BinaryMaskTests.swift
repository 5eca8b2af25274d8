import Tensor
import Testing

@Suite struct BinaryMaskTests {
  @Test func foreground() {
    let mask = BinaryMask(Tensor<Bool>(rows: [[true, false], [true, true]]))
    #expect(mask.foregroundCount == 3 && mask.shape == [2, 2])
    #expect(BinaryMask(Tensor<Bool>(zeros: [2, 0, 3])).foregroundCount == 0)
  }

  @Test func otherRanksTrap() async {
    await #expect(processExitsWith: .failure) { _ = BinaryMask(Tensor<Bool>(zeros: [1, 1, 1, 1])) }
  }
}
