import Contrastive
import NN
import Tensor
import TestSupport
import Testing

@Suite struct OptimizerRecipeTests {
  private func layer() -> Linear<Float> {
    Linear(weight: Tensor(ones: [2, 2]), bias: Tensor(ones: [2]))
  }

  /// With a gradient of 0, what moves is what decays.
  @Test(arguments: [DecayedParameters.all, .weights]) func whatDecaysIsWhatItsNameSays(
    decayed: DecayedParameters
  ) throws {
    let recipe = OptimizerRecipe(.sgd(momentum: .none), rate: 0.5, weightDecay: 0.2, decayed: decayed)
    let layer = layer()
    for parameter in layer.parameters { parameter.gradient = Tensor(zeros: parameter.shape) }
    let settings = recipe.settings(steps: 10)
    let optimizer = Optimizer(
      recipe.groups(of: layer.namedParameters), settings.rule, learningRate: settings.rate.value(at: 0),
      weightDecay: settings.weightDecay)
    try optimizer.step()
    #expect(layer.weight.value.maximumAbsoluteDifference(to: Tensor(repeating: 0.9, shape: [2, 2])) <= 1e-6)
    let bias = try #require(layer.bias).value
    #expect(
      bias.maximumAbsoluteDifference(to: Tensor(repeating: decayed == .all ? 0.9 : 1, shape: [2])) <= 1e-6)
  }
}
