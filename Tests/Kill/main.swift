// A training of seconds that writes its checkpoint at every step, to be killed by Tests/kill.py.
//
// usage: killed-training FOLDER STEPS: starts, or goes on from FOLDER/state.safetensors where there is one.
import Autograd
import Foundation
import NN
import Tensor

/// A network, and beside it the vectors that it saw last: megabytes that cost no time to learn, so that most of a step is the
/// writing of its checkpoint.
private final class RememberingNetwork: Module {
  let layers: Sequential<Float>
  let memory: ModuleBuffer<Float>

  init(features: Int, rows: Int, using generator: inout PhiloxGenerator) {
    layers = Sequential(
      Linear<Float>(inputFeatures: features, outputFeatures: features, using: &generator),
      BatchNorm2D<Float>(channels: features), ReLU<Float>(),
      Linear<Float>(inputFeatures: features, outputFeatures: features, using: &generator))
    memory = ModuleBuffer(Tensor(zeros: [rows, features]))
  }

  var members: [ModuleMember<Float>] { [.module("layers", layers), .buffer("memory", memory)] }

  /// Overwrites the oldest rows.
  func remember(_ batch: Tensor<Float>, step: Int) {
    let first = step * batch.shape.elementCount % memory.value.shape.elementCount
    memory.value.withUnsafeMutableBufferPointer { memory in
      batch.withUnsafeBufferPointer {
        for (index, value) in $0.enumerated() { memory[first + index] = value }
      }
    }
  }
}

/// Takes noise from vectors. Weights, statistics of batch norm, moments of Adam, scores and the number of the step, from
/// which order, noise and rate follow: all that a checkpoint holds decides over the last bits.
private final class Denoising: TrainingTask {
  static let features = 256
  let settings = "vectors of \(Denoising.features) features in noise"
  let recipe: TrainingRecipe
  let network: RememberingNetwork
  private var seen: Tensor<Float>?

  init(steps: Int) {
    recipe = TrainingRecipe(steps: steps, batchSize: 16)
    var generator = recipe.key.stream(for: .weights).generator
    network = RememberingNetwork(features: Self.features, rows: 1 << 15, using: &generator)
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
    seen = batch.noisy
    let loss = (network.layers(Variable(batch.noisy)) - Variable(batch.clean)).squared().mean()
    return StepOutcome(loss: loss, terms: [LossTerm("loss", Double(loss.item))])
  }

  func didUpdate(at moment: TrainingMoment) {
    if let seen { network.remember(seen, step: moment.step) }
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
  Double((task.network.layers(held) - held).squared().mean().item)
}
try loop.run(checkpoint: policy, validation: validation)
