import Tensor
import Testing

@Suite struct TensorSubscriptsTests {
  private let matrix = Tensor<Int32>(rows: [[1, 2, 3], [4, 5, 6]])

  @Test func reading() {
    #expect(matrix[1] == Tensor([4, 5, 6]))
    #expect(matrix[1][2].item == 6)
    #expect(matrix[0..<1] == Tensor(rows: [[1, 2, 3]]))
    #expect(matrix[2..<2].shape == [0, 3])
    #expect(matrix[1, 0] == 4)
    #expect(matrix[[0, 2]] == 3)
    #expect(matrix[1].pointer == matrix.pointer + 3)
  }

  @Test func writing() {
    var tensor = matrix
    tensor[0] = Tensor([7, 8, 9])
    tensor[1..<2] = Tensor(rows: [[0, 0, 1]])
    tensor[1, 1] = 5
    tensor[[0, 0]] = -7
    #expect(tensor == Tensor(rows: [[-7, 8, 9], [0, 5, 1]]))
    #expect(matrix[1, 1] == 5 && matrix[0, 0] == 1)
  }

  @Test func writingAPartOfItself() {
    var tensor = matrix
    tensor[1] = tensor[0]
    #expect(tensor == Tensor(rows: [[1, 2, 3], [1, 2, 3]]))
  }

  @Test func outsideTraps() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>([1, 2])[2] }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>([1, 2])[0..<3] }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>(rows: [[1, 2]])[0, 2] }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>(1)[0] }
    await #expect(processExitsWith: .failure) {
      var tensor = Tensor<Int32>(rows: [[1, 2]])
      tensor[0] = Tensor([1])
    }
  }

  @Test func rangesOfSeveralAxesReadAndWriteABox() {
    // arange(24).reshape(2, 3, 4)[0:2, 1:3, 2:4] and its first two axes alone, as NumPy gives them.
    var x = Tensor<Int32>(arange: 0, to: 24).reshaped(2, 3, 4)
    #expect(x[0..<2, 1..<3, 2..<4] == Tensor([6, 7, 10, 11, 18, 19, 22, 23], shape: [2, 2, 2]))
    #expect(x[1..<2, 0..<1] == Tensor([12, 13, 14, 15], shape: [1, 1, 4]))
    x[0..<1, 1..<3, 0..<2] = Tensor([-1, -2, -3, -4], shape: [1, 2, 2])
    #expect(x[0] == Tensor([0, 1, 2, 3, -1, -2, 6, 7, -3, -4, 10, 11], shape: [3, 4]))
    x[0..<0, 1..<1] = Tensor(zeros: [0, 0, 4])
    #expect(x[1] == Tensor(arange: 12, to: 24).reshaped(3, 4))
  }
}
