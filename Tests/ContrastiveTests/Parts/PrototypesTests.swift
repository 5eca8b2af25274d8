import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

@Suite struct PrototypesTests {
  @Test func rowsHaveLengthOneAtTheStartAndBehindNormalize() {
    var generator = SplitMix64(seed: 3)
    let prototypes = Prototypes<Double>(count: 6, features: 4, using: &generator)
    let ones = Tensor<Double>(ones: [6])
    #expect(prototypes.weight.value.norm(along: 1).maximumAbsoluteDifference(to: ones) <= 1e-12)
    prototypes.weight.value = prototypes.weight.value * 3 + 0.5
    prototypes.normalize()
    #expect(prototypes.weight.value.norm(along: 1).maximumAbsoluteDifference(to: ones) <= 1e-12)
  }

  @Test func scoresAreCosinesByHand() {
    let prototypes = Prototypes<Double>(Tensor(rows: [[3, 4], [0, -2]]))
    let scores = prototypes.scores(of: Variable(Tensor(rows: [[1, 0], [0.6, 0.8]])))
    let expected = Tensor<Double>(rows: [[0.6, 0], [1, -0.8]])
    #expect(scores.value.maximumAbsoluteDifference(to: expected) <= 1e-12)
  }

  @Test func prototypesTakeAGradientUntilTheyAreHeld() throws {
    let prototypes = Prototypes<Double>(testRows([5, 3]))
    prototypes.scores(of: Variable(testRows([4, 3], seed: 8))).logSoftmax(along: 1).max().backward()
    #expect(try #require(prototypes.weight.gradient).euclideanNorm > 0)
    prototypes.hold()
    #expect(prototypes.weight.gradient == nil)
  }

  @Test func theNameAndOrderInFilesArePyTorchs() {
    let prototypes = Prototypes<Float>(Tensor(rows: [[1, 0], [0, 1], [0.6, 0.8]]))
    #expect(prototypes.state().entries["weight"]?.shape == [3, 2])
  }
}
