import Tensor
import Testing

@Suite struct PermutationTests {
  @Test func transposesAMatrix() {
    let x = counting([2, 3], as: Int32.self)
    #expect(x.transposed() == Tensor([0, 3, 1, 4, 2, 5], shape: [3, 2]))
    #expect(x.transposed(0, 1) == x.transposed())
  }

  @Test func permutesImages() {
    let x = counting([1, 2, 2, 3], as: Float.self)
    let planes = x.permuted(0, 3, 1, 2)
    #expect(planes == Tensor([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11], shape: [1, 3, 2, 2]))
    #expect(planes.permuted(0, 2, 3, 1) == x)
    #expect(x.movingAxis(-1, to: 1) == planes)
  }

  @Test(arguments: [
    ([5, 7], [1, 0]), ([67, 45], [1, 0]), ([3, 4, 5], [2, 0, 1]), ([3, 4, 5], [1, 2, 0]),
    ([2, 33, 70], [0, 2, 1]),
    ([2, 3, 4, 5], [3, 1, 0, 2]), ([1, 6, 1, 2], [3, 2, 1, 0]), ([0, 3], [1, 0]), ([300, 200], [1, 0]),
  ])
  func agreesWithIndexing(lengths: [Int], axes: [Int]) {
    check(lengths, axes, UInt8.self)
    check(lengths, axes, Int16.self)
    check(lengths, axes, Float.self)
    check(lengths, axes, Double.self)
  }

  private func check<Scalar: TensorNumericScalar>(_ lengths: [Int], _ axes: [Int], _: Scalar.Type) {
    let x = Tensor<Scalar>(shape: TensorShape(lengths)) { buffer in
      for index in buffer.indices { buffer[index] = Scalar(converting: Double(index % 251)) }
    }
    let y = x.permuted(axes)
    #expect(y.shape.dimensions == axes.map { lengths[$0] })
    var expected: [Scalar] = []
    let strides = x.shape.strides
    x.withUnsafeBufferPointer { elements in
      forEachIndex(y.shape) { index in
        expected.append(elements[zip(axes, index).reduce(0) { $0 + strides[$1.0] * $1.1 }])
      }
    }
    #expect(y.scalars == expected)
  }

  @Test func wrongOrdersTrap() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Float>(zeros: [2, 3]).permuted(0, 0) }
  }
}
