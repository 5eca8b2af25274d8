import Tensor
import TestSupport
import Testing

@Suite struct SymmetricProductTests {
  private func rows(_ shape: TensorShape) -> Tensor<Double> {
    var generator = SplitMix64(seed: 7)
    return Tensor(normalWithMean: 0, standardDeviation: 1, shape: shape, using: &generator)
  }

  /// One block, several, and a last one that is shorter.
  @Test(arguments: [[1, 1], [5, 3], [3, 5], [200, 7], [401, 70], [9, 385]])
  func itIsTheProductWithTheTranspose(_ shape: [Int]) {
    let x = rows(TensorShape(shape))
    for (product, expected) in [
      (x.rowProducts(), x.matmul(x, transposing: .right)),
      (x.columnProducts(), x.matmul(x, transposing: .left)),
    ] {
      #expect(product.maximumAbsoluteDifference(to: expected) <= 1e-12)
      #expect(product.isIdentical(to: product.transposed()), "symmetric to the last bit")
    }
    let narrow = Tensor<Float>(converting: x)
    let difference = Tensor<Double>(converting: narrow.rowProducts())
      .maximumAbsoluteDifference(to: x.rowProducts())
    #expect(difference <= 1e-4)
    #expect(narrow.columnProducts().isIdentical(to: narrow.columnProducts().transposed()))
  }

  @Test func nothingIsMultipliedWithoutElements() {
    #expect(Tensor<Float>(zeros: [3, 0]).rowProducts() == Tensor(zeros: [3, 3]))
    #expect(Tensor<Float>(zeros: [3, 0]).columnProducts().shape == [0, 0])
    #expect(Tensor<Float>(zeros: [0, 3]).columnProducts() == Tensor(zeros: [3, 3]))
  }
}
