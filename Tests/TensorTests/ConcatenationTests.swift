import Tensor
import Testing

@Suite struct ConcatenationTests {
  @Test func joinsAlongEachAxis() {
    let a = Tensor<Int32>(rows: [[1, 2], [3, 4]])
    let b = Tensor<Int32>(rows: [[5, 6]])
    #expect(Tensor(concatenating: [a, b], along: 0) == Tensor(rows: [[1, 2], [3, 4], [5, 6]]))
    let c = Tensor<Int32>(rows: [[7], [8]])
    #expect(Tensor(concatenating: [a, c], along: -1) == Tensor(rows: [[1, 2, 7], [3, 4, 8]]))
    #expect(Tensor(concatenating: [a], along: 0) == a)
    #expect(Tensor(concatenating: [a, Tensor(zeros: [2, 0]), c], along: 1).shape == [2, 3])
  }

  @Test func stacks() {
    let a = Tensor<Int32>([1, 2])
    let b = Tensor<Int32>([3, 4])
    #expect(Tensor(stacking: [a, b]) == Tensor(rows: [[1, 2], [3, 4]]))
    #expect(Tensor(stacking: [a, b], along: -1) == Tensor(rows: [[1, 3], [2, 4]]))
    #expect(Tensor(stacking: [a, b], along: 0).unstacked() == [a, b])
  }

  @Test(arguments: [0, 1, 2])
  func splitUndoesConcatenation(axis: Int) {
    let x = counting([4, 6, 8], as: Float.self)
    #expect(Tensor(concatenating: x.split(along: axis, count: 2), along: axis) == x)
    let lengths = [1, 0, x.shape[axis] - 1]
    let parts = x.split(along: axis, lengths: lengths)
    #expect(parts.map { $0.shape[axis] } == lengths)
    #expect(Tensor(concatenating: parts, along: axis) == x)
    #expect(Tensor(stacking: x.unstacked(along: axis), along: axis) == x)
  }

  @Test func shapesThatDoNotJoinTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>(concatenating: [Tensor(zeros: [2, 3]), Tensor(zeros: [3, 2])], along: 0)
    }
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(concatenating: [], along: 0) }
  }
}
