import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct WCLTests {
  static func tiny(steps: Int = 6) -> WCL {
    var method = WCL()
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    (method.hiddenFeatures, method.embeddingSize) = (12, 8)
    method.views = .varied(VariedViews(patchSize: 32))
    return method
  }

  private let moment = TrainingMoment(step: 0, totalSteps: 6, key: RandomKey(seed: 1))

  @Test func theGraphHasAHeadOfItsOwn() throws {
    let method = Self.tiny()
    let learner = method.makeLearner(.unet(width: 4), key: RandomKey(seed: 5))
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let outcome = try method.evaluate(learner, views, at: moment)
    #expect(outcome.terms.map(\.name) == ["loss", "instance", "graph", "components", "spread"])
    #expect(abs(outcome.terms[0].value - outcome.terms[1].value - outcome.terms[2].value) <= 1e-5)
    outcome.losses[0].backward()
    #expect(learner.parameters.allSatisfy { $0.gradient != nil })
    learner.zeroGradients()
    var without = method
    without.graphWeight = 0
    try without.evaluate(learner, views, at: moment).losses[0].backward()
    // Only the instance head teaches then; the two heads differ.
    #expect(learner.graphProjector.parameters.allSatisfy { ($0.gradient?.euclideanNorm ?? 0) == 0 })
    #expect(learner.projector.parameters.contains { ($0.gradient?.euclideanNorm ?? 0) > 0 })
    #expect(learner.projector.parameters[0].value != learner.graphProjector.parameters[0].value)
  }

  @Test func oneComponentIsWarnedOf() throws {
    let method = Self.tiny()
    let learner = method.makeLearner(.unet(width: 4), key: RandomKey(seed: 5))
    let flat = Tensor<Float>(zeros: [4, 32, 32, 1])
    let outcome = try method.evaluate(learner, [flat, flat], at: moment)
    #expect(outcome.warnings.map(\.kind) == ["one component"])
    #expect(outcome.terms[3].value == 1)
  }

  @Test(arguments: [WCL.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: WCL) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    #expect(try JSONDecoder().decode(WCL.self, from: JSONEncoder().encode(method)) == method)
  }
}
