import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct LinearTests {
  @Test func itIsTheReference() throws {
    // The file's weight is [out, in].
    try compareLayer("linear", tolerance: 1e-13) { values in
      Linear<Double>(weight: try #require(values["weight"]).permuted([1, 0]), bias: values["bias"])
    }
    try compareLayer("linear", tolerance: 1e-5) { values in
      Linear<Float>(weight: try #require(values["weight"]).permuted([1, 0]), bias: values["bias"])
    }
  }

  @Test func byHandOnTheLastAxis() {
    let layer = Linear<Float>(weight: Tensor(rows: [[1, 2], [3, 4], [5, 6]]), bias: Tensor([10, 20]))
    let output = layer(Variable(Tensor([1, 0, 0, 0, 1, 1], shape: [2, 1, 3])))
    #expect(output.value == Tensor([11, 22, 18, 30], shape: [2, 1, 2]))
    #expect(layer(Variable(Tensor([1, 1, 1]))).value == Tensor([19, 32]))
  }

  @Test func withoutABiasItHasOneParameter() {
    var generator = SplitMix64(seed: 1)
    let layer = Linear<Float>(inputFeatures: 3, outputFeatures: 2, bias: .none, using: &generator)
    #expect(layer.namedParameters.map(\.name) == ["weight"])
    #expect(layer(Variable(Tensor(zeros: [4, 3]))).value == Tensor(zeros: [4, 2]))
  }
}
