import Tensor
import Testing

@Suite struct TensorShapeTests {
  @Test func countsElements() {
    #expect(TensorShape([2, 3, 4]).elementCount == 24)
    #expect(TensorShape([]).elementCount == 1)
    #expect(TensorShape([3, 0]).elementCount == 0)
    #expect(TensorShape([2, 3, 4]).rank == 3)
  }

  @Test func negativeAxesCountFromTheLast() {
    let shape: TensorShape = [2, 3, 4]
    #expect(shape[-1] == 4 && shape[0] == 2 && shape[-3] == 2)
    #expect(shape.normalized(axis: -2) == 1)
  }

  @Test func stridesAreRowMajor() {
    #expect(TensorShape([2, 3, 4]).strides == [12, 4, 1])
    #expect(TensorShape([]).strides == [])
  }

  @Test func axesAreRemovedReplacedAndInserted() {
    let shape: TensorShape = [2, 3, 4]
    #expect(shape.removing(axis: 1) == [2, 4])
    #expect(shape.removing(axes: [0, -1]) == [3])
    #expect(shape.replacing(axis: -1, with: 7) == [2, 3, 7])
    #expect(shape.inserting(1, at: 0) == [1, 2, 3, 4])
    #expect(shape.inserting(1, at: 3) == [2, 3, 4, 1])
    #expect(shape.inserting(1, at: -1) == [2, 3, 4, 1])
    #expect(shape.keeping(reduced: [0, -1]) == [1, 3, 1])
  }

  @Test(
    arguments: [
      ([2, 3], [3], [2, 3]), ([2, 1], [1, 4], [2, 4]), ([], [5], [5]), ([1], [0], [0]),
      ([3, 1, 2], [4, 1], [3, 4, 2]),
    ] as [(TensorShape, TensorShape, TensorShape)])
  func broadcasting(_ a: TensorShape, _ b: TensorShape, _ expected: TensorShape) {
    #expect(a.broadcast(with: b) == expected)
    #expect(b.broadcast(with: a) == expected)
  }

  @Test func shapesThatDoNotBroadcast() {
    #expect(TensorShape([2, 3]).broadcast(with: [2]) == nil)
    #expect(TensorShape([0]).broadcast(with: [2]) == nil)
  }

  @Test func equalityAndText() {
    #expect(TensorShape([2, 3]) == [2, 3])
    #expect(Set([TensorShape([2, 3]), [2, 3], [3, 2]]).count == 2)
    #expect("\(TensorShape([2, 3]))" == "[2, 3]")
  }

  @Test func impossibleShapesTrap() async {
    await #expect(processExitsWith: .failure) { _ = TensorShape([2, -1]) }
    await #expect(processExitsWith: .failure) { _ = TensorShape([Int.max, 2]) }
    await #expect(processExitsWith: .failure) { _ = TensorShape([2])[1] }
    await #expect(processExitsWith: .failure) { _ = TensorShape([2]).inserting(1, at: 3) }
  }
}
