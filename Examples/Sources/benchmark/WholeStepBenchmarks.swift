import Contrastive
import NN
import Tensor

/// Steps of the training loop with the making of what they read, with the settings of bench_step.py: SuperCL's views and
/// superpixels, and the augmentation of fine-tuning.
let wholeStepBenchmarks: [BenchmarkCase] =
  superCLSizes.flatMap { size in
    [
      BenchmarkCase(name: "whole supercl \(size.side)") { try wholeSuperCLCase(size) },
      BenchmarkCase(name: "whole supercl \(size.side), L_ins") {
        try wholeSuperCLCase(size, weights: .instanceAlone)
      },
    ]
  }
  + [128, 256].map { size in BenchmarkCase(name: "whole unet \(size)") { try wholeUNetCase(size: size) } }

/// A step of pre-training.
private func wholeSuperCLCase(
  _ size: SuperCLSize, weights: SuperCL.Weights = .init()
) throws -> () throws -> Void {
  var method = SuperCL(patchSize: size.side, steps: 1_000_000, batchSize: size.batch)
  (method.intraLevel, method.weights) = (size.level, weights)
  let task = try PretrainingTask(method, encoder: .unet(width: size.width))
  let loop = try TrainingLoop(task, on: size.images)
  return { try loop.run { _ in .stop } }
}

/// A step of fine-tuning: every image and its labels are mirrored, and two thirds of them warped.
private func wholeUNetCase(size: Int) throws -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 0)
  let network = UNet<Float>(UNetConfiguration(width: 32), classCount: stepClassCount, using: &generator)
  let images = (0..<8).map { index in
    let image = phantom(size: size, seed: UInt64(index))
    let labels = Tensor<Int32>(converting: image.squeezed(at: 2) * (Float(stepClassCount) - 0.01))
    return LabeledImage(image: image, labels: labels)
  }
  let task = SegmentationTask(
    network, classCount: stepClassCount, recipe: TrainingRecipe(steps: 1_000_000, batchSize: images.count),
    loss: stepLoss, augmentation: VariedAugmentation(),
    optimizer: OptimizerSettings(.adam(), rate: .constant(5e-4), weightDecay: 1e-5))
  let loop = try TrainingLoop(task, on: images)
  return { try loop.run { _ in .stop } }
}
