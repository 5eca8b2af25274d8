import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct PredictionTests {
  private func network() -> UNet<Float> {
    var generator = SplitMix64(seed: 1)
    return UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator)
  }

  private func images(_ count: Int) -> Tensor<Float> {
    Tensor(stacking: (0..<count).map { testTensor([16, 16, 1], seed: UInt64($0)) })
  }

  @Test func predictionsAreTheLargestScores() throws {
    let (network, images) = (network(), images(3))
    let labels = try network.predictedLabels(images)
    let scores = network.withMode(.evaluation) { network(Variable(images)).value }
    #expect(labels == scores.argmax(along: -1))
    #expect(try network.predictedLabels(images[0..<0]).shape == [0, 16, 16])
  }

  @Test(arguments: [ModuleMode.training, .evaluation]) func theModeIsGivenBack(_ mode: ModuleMode) throws {
    let network = network()
    network.setMode(mode)
    _ = try network.predictedLabels(images(1))
    #expect(network.encoder.stages[0].norm1.mode == mode)
    struct Failure: Error {}
    #expect(throws: Failure.self) { try network.withMode(.evaluation) { throw Failure() } }
    #expect(network.encoder.stages[0].norm1.mode == mode)
  }

  @Test(arguments: [Float.nan, .infinity]) func aBrokenImageHasNoLabels(_ value: Float) {
    var stack = images(3)
    stack[2, 5, 7, 0] = value
    stack[2, 5, 8, 0] = value
    let error = #expect(throws: TrainingError(.imageIsNotFinite(index: 2, place: [5, 7, 0], count: 2))) {
      try network().predictedLabels(stack)
    }
    #expect(error?.description == "image 2 has 2 values that are not finite, the first at [5, 7, 0]")
  }

  @Test func brokenScoresHaveNoLabels() throws {
    let network = network()
    let head = try #require(network.namedParameters.last).parameter
    head.value = head.value * Float.nan
    #expect(throws: TrainingError(.scoresAreNotFinite(index: 0, count: 2 * 16 * 16))) {
      try network.predictedLabels(images(2))
    }
  }
}
