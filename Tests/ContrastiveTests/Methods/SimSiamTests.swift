import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SimSiamTests {
  static func tiny(steps: Int = 6, accumulation: Int = 1) -> SimSiam {
    var method = SimSiam()
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4, accumulation: accumulation)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4)
    (method.predictorFeatures, method.embeddingSize) = (4, 8)
    method.views = .varied(VariedViews(patchSize: 32))
    return method
  }

  private func expectReference<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    func rows(_ range: Range<Int>) -> Variable<Scalar> { Variable(methodRows(range)) }
    let distance = NegativeCosineLoss.simSiam
    let loss =
      (distance(rows(8..<12), targets: rows(4..<8)) + distance(rows(12..<16), targets: rows(0..<4))) / 2
    let expected = 0.8025485682759852
    #expect(abs(Double(loss.item) - expected) <= tolerance(of: expected, type), "\(type): \(loss.item)")
  }

  @Test func theLossIsTheReference() {
    expectReference(Double.self)
    expectReference(Float.self)
  }

  /// Removed, the value is the same and the gradients are others.
  @Test func theStopGradientIsOne() throws {
    var method = Self.tiny()
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    func gradients() throws -> (loss: Float, of: [Tensor<Float>]) {
      learner.zeroGradients()
      let loss = try method.evaluate(learner, views, at: testMoment(0)).losses[0]
      loss.backward()
      return (loss.item, try learner.parameters.map { try #require($0.gradient) })
    }
    let stopped = try gradients()
    method.targetGradient = .flowing
    let flowing = try gradients()
    #expect(abs(stopped.loss - flowing.loss) <= 1e-6)
    let difference = zip(stopped.of, flowing.of).map { ($0 - $1).euclideanNorm }.max() ?? 0
    let size = stopped.of.map(\.euclideanNorm).max() ?? 0
    #expect(difference > 0.05 * size, "\(difference) of \(size)")
  }

  /// Without a predictor's gradient the loss would be that of projections: it is part of the graph.
  @Test func gradientsReachEncoderProjectorAndPredictor() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let outcome = try method.evaluate(learner, views, at: testMoment(0))
    outcome.losses[0].backward()
    #expect(learner.parameters.allSatisfy { $0.gradient != nil })
    #expect(outcome.terms.map(\.name) == ["loss", "spread"])
    #expect((-1...1).contains(outcome.terms[0].value))
  }

  @Test func theHeadsAreThePublishedOnes() throws {
    let learner = try testLearner(Self.tiny())
    #expect(
      learner.network.projector.namedParameters.map(\.name) == [
        "fc1.weight", "norm1.weight", "norm1.bias", "fc2.weight", "norm2.weight", "norm2.bias", "fc3.weight",
      ])
    #expect(
      learner.predictor.namedParameters.map(\.name) == [
        "fc1.weight", "norm1.weight", "norm1.bias", "fc2.weight", "fc2.bias",
      ])
  }

  /// 5.37 M in the group's table, with SimTriplet's the same.
  @Test func theGroupsHeadsHaveTheParametersOfTheirTable() throws {
    let siamese = try testLearner(SimSiam.groupProtocol(imageCount: 100), .unet(width: 32))
    let triplet = try testLearner(SimTriplet.groupProtocol(imageCount: 100), .unet(width: 32))
    #expect(siamese.predictor.parameterCount == 512 * 128 + 2 * 128 + 128 * 512 + 512)
    for learner in [siamese, triplet] { #expect((5_365_000..<5_375_000).contains(learner.parameterCount)) }
  }

  /// The schedule lowers all rates but the predictor's, unless it is told to.
  @Test(arguments: [PredictorRate.constant, .scheduled]) func thePredictorsRateStays(rate: PredictorRate)
    throws
  {
    var method = Self.tiny(steps: 10)
    method.optimization.weightDecay = 0
    method.predictorRate = rate
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    // At the end of the cosine nothing else moves.
    let start = learner.state().entries
    try update(method, learner, views, at: testMoment(10, of: 10))
    let moved = learner.namedParameters.map(\.name).filter { learner.state().entries[$0] != start[$0] }
    #expect(moved.allSatisfy { $0.hasPrefix("predictor.") })
    #expect(moved.isEmpty == (rate == .scheduled))
  }

  @Test func volumesTrain() throws { try expectTrainsVolumes(Self.tiny()) }

  @Test(arguments: [SimSiam.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: SimSiam) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    let copy = try JSONDecoder().decode(SimSiam.self, from: JSONEncoder().encode(method))
    #expect(copy == method)
  }
}
