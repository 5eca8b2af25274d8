import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SequentialTests {
  @Test func layersRunInOrderUnderTheirPositions() {
    let sequence = Sequential<Float>(
      Linear(weight: Tensor(rows: [[1, -1]]), bias: Tensor([0, 0])), ReLU(),
      Linear(weight: Tensor(rows: [[2], [10]]), bias: Tensor([1])))
    #expect(sequence(Variable(Tensor(rows: [[3], [-3]]))).value == Tensor(rows: [[7], [31]]))
    #expect(sequence.namedParameters.map(\.name) == ["0.weight", "0.bias", "2.weight", "2.bias"])
  }

  @Test func theGeneratorReachesDropout() {
    var generator = SplitMix64(seed: 1)
    let sequence = Sequential<Float>(ReLU(), Dropout(probability: 0.5))
    let output = sequence(Variable(Tensor(ones: [100])), using: &generator).value
    #expect(Set(output.scalars) == [0, 2])
    sequence.setMode(.evaluation)
    #expect(sequence(Variable(Tensor(ones: [100]))).value == Tensor(ones: [100]))
  }

  @Test func anEmptySequencePassesOn() {
    #expect(Sequential<Float>()(Variable(Tensor([1, 2]))).value == Tensor([1, 2]))
  }
}
