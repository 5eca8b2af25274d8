import Tensor
import Testing

@Suite struct TensorDescriptionsTests {
  @Test func nestedLists() {
    #expect("\(Tensor<Int32>(3))" == "3")
    #expect("\(Tensor<Int32>([1, 2]))" == "[1, 2]")
    #expect("\(Tensor<Int32>(rows: [[1, 2], [3, 4]]))" == "[[1, 2],\n [3, 4]]")
    #expect("\(Tensor<Int32>(zeros: [0]))" == "[]")
  }

  @Test func longAxesShowTheirEnds() {
    #expect("\(Tensor<Int32>(arange: 0, to: 100))" == "[0, 1, 2, ..., 97, 98, 99]")
    #expect("\(Tensor<Int32>(arange: 0, to: 8))" == "[0, 1, 2, 3, 4, 5, 6, 7]")
  }

  @Test func debugTextNamesScalarAndShape() {
    #expect(Tensor<Float>([1, 2]).debugDescription == "Tensor<float32> [2]\n[1.0, 2.0]")
  }
}
