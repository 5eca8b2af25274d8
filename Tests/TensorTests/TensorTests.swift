import Tensor
import Testing

@Suite struct TensorValueTests {
  @Test func shapeAndScalars() {
    let tensor = Tensor<Int32>(rows: [[1, 2, 3], [4, 5, 6]])
    #expect(tensor.shape == [2, 3] && tensor.rank == 2 && tensor.elementCount == 6)
    #expect(tensor.scalars == [1, 2, 3, 4, 5, 6])
    #expect(Tensor<Float>(3).item == 3 && Tensor<Float>(3).shape == [])
  }

  @Test func aCopyIsWrittenApart() {
    let original = Tensor<Int32>([1, 2, 3])
    var copy = original
    #expect(copy.pointer == original.pointer)
    copy[[1]] = 9
    #expect(original == Tensor([1, 2, 3]))
    #expect(copy == Tensor([1, 9, 3]))
  }

  @Test func theOnlyOwnerWritesInPlace() {
    var tensor = Tensor<Int32>([1, 2, 3])
    let address = tensor.pointer
    tensor[[0]] = 7
    tensor += 1
    #expect(tensor.pointer == address)
    #expect(tensor == Tensor([8, 3, 4]))
  }

  @Test func aWrittenSliceLeavesTheWholeAlone() {
    let whole = Tensor<Int32>([1, 2, 3, 4])
    var part = whole[1..<3]
    part *= 10
    #expect(part == Tensor([20, 30]))
    #expect(whole == Tensor([1, 2, 3, 4]))
  }

  @Test func aSliceOutlivesItsWhole() {
    var whole: Tensor<Int32>? = Tensor(repeating: 5, shape: [1000, 2])
    let part = whole?[990..<992]
    whole = nil
    #expect(part == Tensor(repeating: 5, shape: [2, 2]))
  }

  @Test func itemNeedsOneElement() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>([1, 2]).item }
  }
}
