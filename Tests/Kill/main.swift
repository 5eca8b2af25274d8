// A training of seconds that writes its checkpoint at every step, to be killed by Tests/kill.py.
//
// usage: killed-training FOLDER STEPS: starts, or goes on from FOLDER/state.safetensors where there is one.
import Autograd
import Foundation
import NN
import Tensor

/// Takes noise from vectors. Weights, statistics of batch norm, moments of Adam, scores and the number of the step, from
/// which order, noise and rate follow: all that a checkpoint holds decides over the last bits.
private final class Denoising: TrainingTask {
  static let features = 256
  let settings = "vectors of \(Denoising.features) features in noise"
  let recipe: TrainingRecipe
  let network: Sequential<Float>

  init(steps: Int) {
    recipe = TrainingRecipe(steps: steps, batchSize: 16)
    var generator = recipe.key.stream(for: .weights).generator
    network = Sequential(
      Linear<Float>(inputFeatures: Self.features, outputFeatures: 4 * Self.features, using: &generator),
      BatchNorm2D<Float>(channels: 4 * Self.features), ReLU<Float>(),
      Linear<Float>(inputFeatures: 4 * Self.features, outputFeatures: Self.features, using: &generator))
  }

  var state: any Module<Float> { network }
  var objectives: [Objective] {
    [Objective(network, OptimizerSettings(.adam(), rate: .cosine(start: 0.01, steps: recipe.steps)))]
  }

  var collate: @Sendable ([Tensor<Float>], RandomKey) throws -> (clean: Tensor<Float>, noisy: Tensor<Float>) {
    { examples, key in
      var generator = key.generator
      let clean = try stackedExamples(examples)
      let noise = Tensor<Float>(
        normalWithMean: 0, standardDeviation: 0.2, shape: clean.shape, using: &generator)
      return (clean, clean + noise)
    }
  }

  func evaluate(_ batch: (clean: Tensor<Float>, noisy: Tensor<Float>), at moment: TrainingMoment)
    -> StepOutcome
  {
    let loss = (network(Variable(batch.noisy)) - Variable(batch.clean)).squared().mean()
    return StepOutcome(loss: loss, terms: [LossTerm("loss", Double(loss.item))])
  }
}

guard CommandLine.arguments.count == 3, let steps = Int(CommandLine.arguments[2]) else {
  print("usage: killed-training FOLDER STEPS")
  exit(64)
}
let folder = URL(filePath: CommandLine.arguments[1])
let policy = CheckpointPolicy(folder.appending(path: "state.safetensors"), everySteps: 1)
let vectors = (0..<50).map { index in
  var generator = RandomKey(seed: 5).at(place: index).generator
  return Tensor<Float>(
    normalWithMean: 0, standardDeviation: 1, shape: [Denoising.features], using: &generator)
}
private let task = Denoising(steps: steps)
private let loop = try TrainingLoop(task, on: vectors)
if FileManager.default.fileExists(atPath: policy.url.path) { try loop.resume(from: policy.url) }
let held = Variable(try stackedExamples(vectors))
let best = folder.appending(path: "best.safetensors")
let validation = Validation(everySteps: 3, better: .lower, best: best) {
  Double((task.network(held) - held).squared().mean().item)
}
try loop.run(checkpoint: policy, validation: validation)
