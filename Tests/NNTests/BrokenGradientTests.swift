import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// A finite loss whose gradient is not: the slope of sqrt at 0 is infinite.
@Suite struct BrokenGradientTests {
  private final class Weights: Module {
    typealias Scalar = Float
    let weights = Parameter<Float>(Tensor([0, 1, 4]))
    var members: [ModuleMember<Float>] { [.parameter("w", weights)] }
  }

  static let rules: [OptimizerRule] = [.sgd(), .adam(), .adamW(), .lars(), .larc()]

  /// Half the sum at step 0, so that there are moments and a checkpoint to lose; then the root at the kink.
  private final class RootTask: TrainingTask {
    let weights = Weights()
    let optimizer: OptimizerSettings
    let recipe = TrainingRecipe(steps: 3, batchSize: 1)

    init(_ optimizer: OptimizerSettings) { self.optimizer = optimizer }

    var settings: String { "root" }
    var state: any Module<Float> { weights }
    var objectives: [Objective] { [Objective(weights, optimizer)] }
    var collate: @Sendable ([Int], RandomKey) throws -> [Int] { { numbers, _ in numbers } }

    func evaluate(_ batch: [Int], at moment: TrainingMoment) -> StepOutcome {
      let variable = weights.weights.variable
      return StepOutcome(loss: (moment.step == 1 ? variable.sqrt() : variable * 0.5).sum(), terms: [])
    }
  }

  @Test(arguments: rules, [nil, GradientClipping.norm(1), .value(1)])
  func theLoopThrowsBeforeAnythingChanges(_ rule: OptimizerRule, _ clipping: GradientClipping?) throws {
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 1)
    let task = RootTask(OptimizerSettings(rule, rate: .constant(0.1), clipping: clipping))
    let loop = try TrainingLoop(task, on: [1])
    var checkpoint = Data()
    #expect(throws: TrainingError(.gradientIsNotFinite(step: 1, parameter: "w", count: 1))) {
      try loop.run(checkpoint: policy) { _ in
        task.weights.weights.value = Tensor([0, 1, 4])
        return .proceed
      }
    }
    checkpoint = try Data(contentsOf: policy.url)
    #expect(task.weights.weights.value == Tensor([0, 1, 4]) && loop.step == 1)
    // The checkpoint of step 1 stands, and the moments are those that it holds.
    try loop.write(to: folder.file("now"))
    #expect(try Data(contentsOf: folder.file("now")) == checkpoint)
  }

  @Test(arguments: rules) func aStepAloneRefusesToo(_ rule: OptimizerRule) throws {
    let module = Weights()
    let optimizer = Optimizer(module, rule, learningRate: 0.1)
    let before = try optimizer.memory.state().data()
    module.weights.gradient = Tensor([.nan, 1, .infinity])
    let error = #expect(throws: TrainingError(.gradientIsNotFinite(step: 0, parameter: "w", count: 2))) {
      try optimizer.step()
    }
    #expect(error?.description == "the gradient of 'w' has 2 elements that are not finite at step 0")
    #expect(module.weights.value == Tensor([0, 1, 4]))
    #expect(try optimizer.memory.state().data() == before)
    module.weights.gradient = Tensor([1, 1, 1])
    try optimizer.step()
    #expect(module.weights.value.isFinite().all() && module.weights.value != Tensor([0, 1, 4]))
  }

  @Test func aHookThatBreaksAGradientIsFound() throws {
    let task = RootTask(OptimizerSettings(.sgd(), rate: .constant(0.1)))
    let loop = try TrainingLoop(task, on: [1])
    loop.hooks.beforeUpdate.append { parameters, _ in parameters[0].parameter.gradient = Tensor([0, .nan, 0])
    }
    #expect(throws: TrainingError(.gradientIsNotFinite(step: 0, parameter: "w", count: 1))) { try loop.run() }
    #expect(task.weights.weights.value == Tensor([0, 1, 4]) && loop.step == 0)
  }

  /// What was looked at is looked at again when it was written: in place, or by another variable after thawing.
  @Test func gradientsThatAreWrittenAreLookedAtAgain() throws {
    for isThawed in [false, true] {
      let task = RootTask(OptimizerSettings(.sgd(), rate: .constant(0.1)))
      let loop = try TrainingLoop(task, on: [1])
      loop.hooks.beforeUpdate.append { parameters, _ in
        let parameter = parameters[0].parameter
        if isThawed {
          parameter.isFrozen = true
          parameter.isFrozen = false
          parameter.gradient = Tensor([0, 0, .infinity])
        } else {
          parameter.variable.updateGradient { $0[[2]] = .infinity }
        }
      }
      #expect(throws: TrainingError(.gradientIsNotFinite(step: 0, parameter: "w", count: 1))) {
        try loop.run()
      }
    }
  }

  @Test func aFrozenParameterMayHaveAnyGradient() throws {
    let module = Weights()
    module.weights.gradient = Tensor([.nan, 1, 1])
    module.freeze()
    try Optimizer(module, .sgd(), learningRate: 0.1).step()
    #expect(module.weights.value == Tensor([0, 1, 4]))
  }

  /// A sum of finite gradients may overflow: that is no reason to refuse them.
  @Test func largeGradientsAreFinite() throws {
    let module = Weights()
    module.weights.gradient = Tensor([3e38, 3e38, -1])
    try Optimizer(module, .sgd(momentum: .none), learningRate: 1e-38).step()
    #expect(module.weights.value.isClose(to: Tensor([-3, -2, 4]), absoluteTolerance: 1e-5))
  }
}
