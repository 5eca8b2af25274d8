import Tensor
import Testing

@Suite struct SelectionTests {
  private let x = Tensor<Float>(rows: [[1, -2], [-3, 4]])

  @Test func byAMask() {
    let mask = x .< 0
    #expect(x.replacing(with: 0, where: mask) == Tensor(rows: [[1, 0], [0, 4]]))
    #expect(x.replacing(with: -x, where: mask) == Tensor(rows: [[1, 2], [3, 4]]))
    #expect(Tensor<Int32>([1, 2]).replacing(with: 9, where: Tensor([true, false])) == Tensor([9, 2]))
  }

  @Test func everythingBroadcasts() {
    let mask = Tensor<Bool>([true, false])
    #expect(
      x.replacing(with: Tensor(rows: [[10], [20]]), where: mask) == Tensor(rows: [[10, -2], [20, 4]]))
    #expect(Tensor<Float>(1).replacing(with: Tensor(2), where: mask) == Tensor([2, 1]))
    #expect(Tensor<Float>(1).replacing(with: 2, where: mask) == Tensor([2, 1]))
    #expect(Tensor<Float>(zeros: [0]).replacing(with: 2, where: Tensor<Bool>(zeros: [1])).shape == [0])
  }

  @Test func theOtherBranchDoesNotMatter() {
    #expect(Tensor<Float>([.nan, 1]).replacing(with: 0, where: Tensor([true, false])) == Tensor([0, 1]))
  }

  @Test func shapesThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Tensor<Float>([1, 2]).replacing(with: Tensor([1, 2, 3]), where: Tensor([true, false]))
    }
  }
}
