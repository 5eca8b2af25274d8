import Tensor
import Testing

@Suite struct TensorUnsafeBuffersTests {
  private struct Refusal: Error, Equatable {}

  @Test func readingSeesTheElements() {
    let tensor = Tensor<Int32>(rows: [[1, 2], [3, 4]])
    #expect(tensor.withUnsafeBufferPointer { Array($0) } == [1, 2, 3, 4])
    #expect(tensor[1].withUnsafeBufferPointer { Array($0) } == [3, 4])
  }

  @Test func writingCopiesSharedBuffers() {
    let original = Tensor<Int32>([1, 2])
    var copy = original
    copy.withUnsafeMutableBufferPointer { $0[0] = 5 }
    #expect(original == Tensor([1, 2]) && copy == Tensor([5, 2]))
  }

  @Test func errorsPassThrough() {
    let tensor = Tensor<Int32>([1])
    #expect(throws: Refusal()) {
      try tensor.withUnsafeBufferPointer { _ throws(Refusal) in throw Refusal() }
    }
    #expect(throws: Refusal()) {
      _ = try Tensor<Int32>(shape: [3]) { _ throws(Refusal) in throw Refusal() }
    }
  }

  @Test func buffersAreAligned() {
    for count in [1, 3, 100, 5_000] {
      #expect(UInt(bitPattern: Tensor<UInt8>(zeros: [count]).pointer) % 64 == 0)
    }
  }
}
