import Superpixel
import Tensor
import Testing

@Suite struct LabelMapDownsamplingTests {
  /// Pixel (y, x) has label 10 y + x.
  private let map = LabelMap(
    Tensor(shape: [4, 6]) { buffer in for i in buffer.indices { buffer[i] = Int32(10 * (i / 6) + i % 6) } })

  @Test func elementIIsPixelStrideTimesI() {
    #expect(map.downsampled(by: 2).labels == Tensor(rows: [[0, 2, 4], [20, 22, 24]]))
    #expect(map.downsampled(by: 4).labels == Tensor(rows: [[0, 4]]))
    #expect(map.downsampled(by: 1) == map)
  }

  @Test func theGridOfAFeatureMap() throws {
    #expect(try map.downsampled(to: [2, 3]).labels == Tensor(rows: [[0, 2, 4], [20, 22, 24]]))
    #expect(
      try map.downsampled(to: [4, 2]).labels == Tensor(rows: [[0, 3], [10, 13], [20, 23], [30, 33]]))
  }

  @Test(arguments: [[3, 3], [2, 4], [8, 12], [0, 3], [2, 3, 1]])
  func aSizeThatDoesNotFitIsNamed(_ target: [Int]) {
    let error = #expect(throws: SuperpixelError.self) { try map.downsampled(to: TensorShape(target)) }
    #expect(error?.code == .sizesDoNotFit(map: [4, 6], features: TensorShape(target)))
  }

  @Test func volumes() throws {
    let volume = LabelMap(
      Tensor(shape: [2, 4, 4]) { buffer in for i in buffer.indices { buffer[i] = Int32(i) } })
    #expect(try volume.downsampled(to: [1, 2, 2]).labels == Tensor([0, 2, 8, 10], shape: [1, 2, 2]))
    #expect(volume.downsampled(by: 2).labels == Tensor([0, 2, 8, 10], shape: [1, 2, 2]))
  }
}
