import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct DropoutTests {
  @Test func inTrainingAShareIsDroppedAndTheRestGrows() throws {
    var generator = SplitMix64(seed: 4)
    let layer = Dropout<Double>(probability: 0.25)
    let input = leaf(Tensor<Double>(ones: [10_000]))
    let output = layer(input, using: &generator)
    let dropped = output.value.scalars.count { $0 == 0 }
    // Binomial: 2,500 +- 43; five deviations.
    #expect(abs(dropped - 2500) < 220)
    #expect(output.value.scalars.allSatisfy { $0 == 0 || abs($0 - 4.0 / 3) < 1e-12 })
    // The gradient goes where the values went.
    output.sum().backward()
    #expect(try #require(input.gradient) == output.value)
  }

  @Test func inEvaluationTheInputPassesOn() {
    var generator = SplitMix64(seed: 4)
    let layer = Dropout<Float>()
    layer.setMode(.evaluation)
    let input: Tensor<Float> = testTensor([5, 5])
    #expect(layer(Variable(input)).value == input)
    #expect(layer(Variable(input), using: &generator).value == input)
  }

  @Test func oneSeedDropsTheSameElements() {
    func output(_ seed: UInt64) -> Tensor<Float> {
      var generator = SplitMix64(seed: seed)
      return Dropout<Float>()(Variable(Tensor(ones: [100])), using: &generator).value
    }
    #expect(output(1) == output(1))
    #expect(output(1) != output(2))
  }

  @Test func inTrainingWithoutAGeneratorItStops() async {
    await #expect(processExitsWith: .failure) { _ = Dropout<Float>()(Variable(Tensor(ones: [3]))) }
  }
}
