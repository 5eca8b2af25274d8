import Autograd
import Tensor
import Testing

@Suite struct PoolingGradientTests {
  static let windows = [
    PoolingWindow([2, 2]), PoolingWindow([3, 3], stride: [2, 2], padding: [1, 1]),
    PoolingWindow([2, 3], stride: [1, 2]),
  ]

  @Test(arguments: [[1, 2, 3, 1], [2, 5, 4, 3], [1, 6, 8, 17]], windows)
  func images(_ shape: [Int], _ window: PoolingWindow) {
    expectGradient(of: "maxPool", at: [distinct(TensorShape(shape))]) { $0[0].maxPool(window) }
    expectGradient(of: "averagePool", at: [testTensor(TensorShape(shape))]) { $0[0].averagePool(window) }
    expectGradient(of: "averagePool", at: [testTensor(TensorShape(shape))]) {
      $0[0].averagePool(window, divisor: .coveredPixels)
    }
    expectGradient(of: "globalAveragePool", at: [testTensor(TensorShape(shape))]) {
      $0[0].globalAveragePool()
    }
  }

  @Test(arguments: [[1, 2, 4, 3, 2], [2, 3, 2, 2, 1]]) func volumes(_ shape: [Int]) {
    expectGradient(of: "maxPool", at: [distinct(TensorShape(shape))]) {
      $0[0].maxPool(PoolingWindow([2, 2, 2]))
    }
    expectGradient(of: "averagePool", at: [testTensor(TensorShape(shape))]) {
      $0[0].averagePool(PoolingWindow([1, 2, 2], stride: [1, 1, 1]))
    }
    expectGradient(of: "globalAveragePool", at: [testTensor(TensorShape(shape))]) {
      $0[0].globalAveragePool()
    }
  }

  @Test func untrackedPoolingRecordsNothing() {
    #expect(!Variable(testTensor([1, 2, 2, 1])).maxPool(PoolingWindow([2, 2])).tracksGradient)
  }
}
