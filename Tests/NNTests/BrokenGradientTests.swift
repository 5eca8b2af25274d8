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

  static let optimizers = ["SGD", "Adam", "AdamW", "LARS"]

  private func optimizer(_ name: String, _ module: Weights) -> any Optimizer<Float> {
    switch name {
    case "SGD": SGD(module, learningRate: 0.1)
    case "Adam": Adam(module, learningRate: 0.1)
    case "AdamW": AdamW(module, learningRate: 0.1)
    default: LARS(module, learningRate: 0.1)
    }
  }

  enum Clipping: CaseIterable {
    case none, byNorm, byValue

    var hooks: [([Parameter<Float>]) -> Void] {
      switch self {
      case .none: []
      case .byNorm: [GradientClipping.byNorm(1)]
      case .byValue: [GradientClipping.byValue(1)]
      }
    }
  }

  @Test(arguments: optimizers, Clipping.allCases)
  func theLoopThrowsBeforeAnythingChanges(_ name: String, _ clipping: Clipping) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    let module = Weights()
    let loop = TrainingLoop<Float>(
      module, optimizer: optimizer(name, module), schedule: .constant(0.1), seed: 1)
    loop.optimizer.gradientHooks = clipping.hooks
    func run(_ last: Int, _ weigh: (Variable<Float>) -> Variable<Float>) throws {
      try loop.run(until: last, imagesPerStep: 1, checkpoint: CheckpointPolicy(url, everySteps: 1)) { _, _ in
        .init(loss: weigh(module.weights.variable).sum(), terms: [])
      }
    }
    // A good step first, so that there are moments and a checkpoint to lose; then back to the kink.
    try run(1) { $0 * 0.5 }
    module.weights.value = Tensor([0, 1, 4])
    let checkpoint = try Data(contentsOf: url)
    let memory = try loop.optimizer.memory.state().data()
    #expect(throws: TrainingError.gradientIsNotFinite(step: 1, parameter: "w", count: 1)) {
      try run(3) { $0.sqrt() }
    }
    #expect(module.weights.value == Tensor([0, 1, 4]))
    #expect(try loop.optimizer.memory.state().data() == memory)
    #expect(try Data(contentsOf: url) == checkpoint)
    #expect(loop.step == 1 && loop.history.count == 1)
    // Nothing is left over: a good step follows.
    try run(3) { $0 * 0.5 }
    #expect(module.weights.value.isFinite().all())
  }

  @Test(arguments: optimizers) func aStepAloneRefusesToo(_ name: String) throws {
    let module = Weights()
    let optimizer = optimizer(name, module)
    let before = try optimizer.memory.state().data()
    module.weights.gradient = Tensor([.nan, 1, .infinity])
    let error = #expect(throws: TrainingError.gradientIsNotFinite(step: 0, parameter: "w", count: 2)) {
      try optimizer.step()
    }
    #expect(error?.description == "the gradient of 'w' has 2 elements that are not finite at step 0")
    #expect(module.weights.value == Tensor([0, 1, 4]))
    #expect(try optimizer.memory.state().data() == before)
    module.weights.gradient = Tensor([1, 1, 1])
    try optimizer.step()
    #expect(module.weights.value.isFinite().all() && module.weights.value != Tensor([0, 1, 4]))
  }

  @Test func aHookThatBreaksAGradientIsFound() {
    let module = Weights()
    let optimizer = SGD(module)
    optimizer.gradientHooks.append { $0[0].gradient = Tensor([0, .nan, 0]) }
    module.weights.gradient = Tensor([1, 1, 1])
    #expect(throws: TrainingError.gradientIsNotFinite(step: 0, parameter: "w", count: 1)) {
      try optimizer.step()
    }
    #expect(module.weights.value == Tensor([0, 1, 4]) && optimizer.memory.step == 0)
  }

  @Test func aFrozenParameterMayHaveAnyGradient() throws {
    let module = Weights()
    module.weights.gradient = Tensor([.nan, 1, 1])
    module.freeze()
    try SGD(module).step()
    #expect(module.weights.value == Tensor([0, 1, 4]))
  }

  /// A sum of finite gradients may overflow: that is no reason to refuse them.
  @Test func largeGradientsAreFinite() throws {
    let module = Weights()
    module.weights.gradient = Tensor([3e38, 3e38, -1])
    try SGD(module, learningRate: 1e-38, momentum: .none).step()
    #expect(module.weights.value.isClose(to: Tensor([-3, -2, 4]), absoluteTolerance: 1e-5))
  }
}
