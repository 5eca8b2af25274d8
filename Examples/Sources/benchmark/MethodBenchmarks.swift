import Autograd
import Contrastive
import NN
import Tensor

/// Steps of four methods on views that are given, with the settings of bench_methods.py: an encoder of width 32, eight
/// images of 128 pixels, SGD, everything else as the method has it but for the sizes of heads, queue and prototypes.
let methodBenchmarks: [BenchmarkCase] = [
  BenchmarkCase(name: "MoCo 128") { try methodCase(moCo, views: pairOfViews) },
  BenchmarkCase(name: "BYOL 128") { try methodCase(byol, views: pairOfViews) },
  BenchmarkCase(name: "SwAV 128") { try methodCase(swAV, views: pairOfViews + smallViews) },
  BenchmarkCase(name: "supercl 128") { try superCLCase(superCLSizes[0]) },
]

private let batchSize = 8
private let sgd = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-4)
private let recipe = TrainingRecipe(steps: 1_000_000, batchSize: batchSize)

/// A queue of 4,096, no groups of norm statistics.
private var moCo: MoCo {
  var method = MoCo(queueLength: 4096)
  (method.recipe, method.optimization) = (recipe, sgd)
  (method.queryGroups, method.keyGroups) = (1, 1)
  method.views = .crops(
    MultiCrop([.init(count: 2, size: 128, area: 0.2...1)], intensity: nil))
  return method
}

/// Heads of 512 and 128.
private var byol: BYOL {
  var method = BYOL()
  (method.recipe, method.optimization) = (recipe, sgd)
  (method.hiddenFeatures, method.embeddingSize) = (512, 128)
  method.views = .crops(MultiCrop([.init(count: 2, size: 128, area: 0.2...1)], intensity: nil))
  return method
}

/// Two crops of 128 and six of 48, 300 prototypes, a head of 512, no queue.
private var swAV: SwAV {
  var method = SwAV()
  (method.recipe, method.optimization) = (recipe, sgd)
  (method.hiddenFeatures, method.prototypeCount) = (512, 300)
  (method.queue, method.frozenSteps) = (nil, 0)
  method.views = .crops(
    MultiCrop(
      [.init(count: 2, size: 128, area: 0.2...1), .init(count: 6, size: 48, area: 0.05...0.2)], intensity: nil
    ))
  return method
}

private var pairOfViews: [Tensor<Float>] {
  let images = phantoms(count: batchSize, size: 128)
  return [images, images.flipped(along: 2) * 0.9]
}

private var smallViews: [Tensor<Float>] {
  (0..<6).map { view in
    Tensor(stacking: (0..<batchSize).map { phantom(size: 48, seed: UInt64(100 * view + $0)) })
  }
}

/// What the training loop does in a step, without making the views.
private func methodCase<Method: PretrainingMethod>(
  _ method: Method, views: Method.Views
) throws -> () throws -> Void {
  let task = try PretrainingTask(method, encoder: .unet(width: 32))
  let optimizers = task.objectives.map {
    Optimizer(
      $0.groups, $0.settings.rule, learningRate: sgd.rate, weightDecay: $0.settings.weightDecay)
  }
  task.state.setMode(.training)
  var step = 0
  return {
    let moment = TrainingMoment(
      step: step, totalSteps: recipe.steps, key: RandomKey(seed: 0).at(step: step))
    task.state.zeroGradients()
    for loss in try task.evaluate(views, at: moment).losses { loss.backward() }
    try task.willUpdate(at: moment)
    for optimizer in optimizers { try optimizer.step() }
    try task.didUpdate(at: moment)
    step += 1
  }
}
