import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct BYOLTests {
  static func tiny(steps: Int = 6, accumulation: Int = 1) -> BYOL {
    var method = BYOL()
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4, accumulation: accumulation)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4, decayed: .weights)
    method.momentum = TargetMomentum(start: 0.9)
    (method.hiddenFeatures, method.embeddingSize) = (16, 8)
    method.views = .varied(VariedViews(patchSize: 32))
    return method
  }

  private func expectReference<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    func rows(_ range: Range<Int>) -> Variable<Scalar> { Variable(methodRows(range)) }
    let distance = NegativeCosineLoss.byol
    let loss =
      distance(rows(8..<12), targets: rows(20..<24)) + distance(rows(12..<16), targets: rows(16..<20))
    let expected = 6.452188592442589
    #expect(abs(Double(loss.item) - expected) <= tolerance(of: expected, type), "\(type): \(loss.item)")
  }

  @Test func theLossIsTheReference() {
    expectReference(Double.self)
    expectReference(Float.self)
  }

  @Test func theMomentumRisesAsPublished() {
    let momentum = TargetMomentum(start: 0.99)
    for (step, expected) in [(0, 0.99), (25, 0.9914644660940672), (50, 0.995), (100, 1)] {
      #expect(abs(momentum.value(at: testMoment(step)) - expected) <= 1e-12)
    }
    #expect(TargetMomentum(start: 0.5, end: 0.5).value(at: testMoment(30)) == 0.5)
  }

  /// The loss of the steps, put together from its parts.
  @Test func theLossIsTheSumOfItsParts() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let outcome = try method.evaluate(learner, views, at: testMoment(0))
    let p = views.map { learner.predictor(learner.online.projections(of: Variable($0))).value }
    let t = views.map { view in learner.target.run { $0.projections(of: Variable(view)).value } }
    func distance(_ a: Tensor<Float>, _ b: Tensor<Float>) -> Double {
      let units = [a, b].map { $0 / $0.norm(along: 1).expanded(at: 1) }
      return Double((units[0] - units[1]).squared().sum(along: 1).mean().item)
    }
    #expect(abs(Double(outcome.losses[0].item) - distance(p[0], t[1]) - distance(p[1], t[0])) <= 1e-4)
    #expect(outcome.terms.map(\.name) == ["loss", "spread", "momentum"])
    #expect(outcome.terms[2].value == 0.9)
  }

  @Test func theAverageTakesNoGradientAndThePredictorDoes() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    try method.evaluate(learner, views, at: testMoment(0)).losses[0].backward()
    #expect(learner.target.parameters.allSatisfy { $0.gradient == nil && $0.isFrozen })
    #expect((learner.online.parameters + learner.predictor.parameters).allSatisfy { $0.gradient != nil })
    let moved = Set(movedNames(method, learner))
    #expect(moved.contains("predictor.fc1.weight") && !moved.contains { $0.hasPrefix("target.") })
    let names = learner.predictor.namedParameters.map(\.name)
    #expect(names == ["fc1.weight", "fc1.bias", "norm1.weight", "norm1.bias", "fc2.weight"])
  }

  /// Behind the update, by the momentum of its step.
  @Test func theAverageMovesByTheMomentumOfTheStep() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    for step in [0, 50] {
      let old = learner.target.parameters.map(\.value)
      try update(method, learner, views, at: testMoment(step))
      let m: Float = step == 0 ? 0.9 : 0.95
      for ((old, target), online) in zip(zip(old, learner.target.parameters), learner.online.parameters) {
        let expected = old * m + online.value * (1 - m)
        #expect(target.value.maximumAbsoluteDifference(to: expected) <= 1e-6)
      }
    }
  }

  @Test func theFirstViewIsBlurredMoreOftenThanTheSecond() {
    guard case .crops(let crops) = BYOL.original.views else {
      Issue.record("BYOL's views are not crops")
      return
    }
    #expect(crops.crops.map { $0.intensity?.blurProbability } == [1, 0.1])
    #expect(crops.sizes == [224, 224])
  }

  @Test func volumesTrain() throws { try expectTrainsVolumes(Self.tiny()) }

  @Test(arguments: [BYOL.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: BYOL) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    let copy = try JSONDecoder().decode(BYOL.self, from: JSONEncoder().encode(method))
    #expect(copy == method)
  }
}
