import Tensor
import Testing

@Suite struct DatasetTests {
  @Test func readsFromMemory() {
    let words = ArrayDataset(["a", "b", "c"])
    #expect(words.count == 3 && words.element(at: 2) == "c")
    let images = TensorDataset(Tensor<Float>(rows: [[1, 2], [3, 4]]))
    #expect(images.count == 2 && images.element(at: 1) == Tensor([3, 4]))
  }

  @Test func mapsAndPicks() throws {
    let numbers = ArrayDataset(Array(0..<5)).mapped { $0 * $0 }.subset([4, 1, 1])
    #expect(numbers.count == 3)
    #expect(try (0..<3).map(numbers.element(at:)) == [16, 1, 1])
  }

  @Test func indicesOutsideTrap() async {
    await #expect(processExitsWith: .failure) { _ = ArrayDataset([1, 2]).subset([2]) }
  }
}
