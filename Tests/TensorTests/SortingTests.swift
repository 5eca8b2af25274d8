import Tensor
import Testing

@Suite struct SortingTests {
  @Test func byHand() {
    let x = Tensor<Float>(rows: [[3, 1, 2], [0, 5, -1]])
    #expect(x.sorted(along: 1) == Tensor(rows: [[1, 2, 3], [-1, 0, 5]]))
    #expect(x.sorted(along: 0) == Tensor(rows: [[0, 1, -1], [3, 5, 2]]))
    #expect(x.sorted(along: -1, order: .descending) == Tensor(rows: [[3, 2, 1], [5, 0, -1]]))
    #expect(x.argsorted(along: 1) == Tensor(rows: [[1, 2, 0], [2, 0, 1]]))
    #expect(x.topK(2, along: 1).values == Tensor(rows: [[3, 2], [5, 0]]))
    #expect(x.topK(2, along: 1).indices == Tensor(rows: [[0, 2], [1, 0]]))
    #expect(x.topK(1, along: 0).values == Tensor(rows: [[3, 5, 2]]))
    #expect(x.topK(0, along: 1).values.shape == [2, 0])
  }

  @Test func equalElementsKeepTheirOrder() {
    let x = Tensor<Int32>([2, 1, 2, 1, 2])
    #expect(x.argsorted(along: 0) == Tensor([1, 3, 0, 2, 4]))
    #expect(x.argsorted(along: 0, order: .descending) == Tensor([0, 2, 4, 1, 3]))
    #expect(x.topK(2, along: 0).indices == Tensor([0, 2]))
  }

  @Test func nanCountsAsLargest() {
    let x = Tensor<Float>([.nan, 1, .infinity, .nan, -.infinity])
    #expect(x.argsorted(along: 0) == Tensor([4, 1, 2, 0, 3]))
    #expect(x.argsorted(along: 0, order: .descending) == Tensor([0, 3, 2, 1, 4]))
    #expect(x.topK(3, along: 0).indices == Tensor([0, 3, 2]))
  }

  @Test(arguments: [1, 2, 33, 5000]) func sortedOrderIsThatOfTheArray(_ count: Int) {
    var generator = PhiloxGenerator(seed: 8)
    let x = Tensor<Float>(uniform: -1..<1, shape: [count], using: &generator)
    #expect(x.sorted(along: 0).scalars == x.scalars.sorted())
    #expect(x.sorted(along: 0, order: .descending).scalars == x.scalars.sorted(by: >))
    #expect(x.topK(count / 2, along: 0).values.scalars == Array(x.scalars.sorted(by: >).prefix(count / 2)))
    #expect(x.gathered(at: x.argsorted(along: 0)) == x.sorted(along: 0))
  }

  @Test func emptyAxes() {
    #expect(Tensor<Float>(zeros: [0, 3]).sorted(along: 0).shape == [0, 3])
    #expect(Tensor<Float>(zeros: [0, 3]).argsorted(along: 1).shape == [0, 3])
  }

  @Test func moreThanThereAreTraps() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>([1, 2]).topK(3, along: 0) }
  }
}
