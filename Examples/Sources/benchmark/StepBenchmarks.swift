import Autograd
import Contrastive
import NN
import QuickstartKit
import Tensor

/// Training steps on inputs that are given, and the making of SuperCL's views, with the settings of bench_step.py.
let stepBenchmarks: [BenchmarkCase] =
  [128, 256].map { size in BenchmarkCase(name: "unet \(size)") { unetCase(size: size) } }
  + [
    BenchmarkCase(name: "small unet 128") { try smallCase(augmentation: nil) },
    BenchmarkCase(name: "small unet 128, augmented") { try smallCase(augmentation: .turned) },
  ]
  + superCLSizes.flatMap { size in
    [
      BenchmarkCase(name: "supercl \(size.side)") { try superCLCase(size) },
      BenchmarkCase(name: "supercl \(size.side), L_ins") { try superCLCase(size, weights: .instanceAlone) },
      BenchmarkCase(name: "views \(size.side)") { viewsCase(size) },
    ]
  }

// MARK: Steps

private func unetCase(size: Int) -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 0)
  let network = UNet<Float>(UNetConfiguration(width: 32), classCount: stepClassCount, using: &generator)
  let x = phantoms(count: 8, size: size)
  let labels = Tensor<Int32>(converting: x.squeezed(at: 3) * (Float(stepClassCount) - 0.01))
  return segmentationStep(network, x, labels)
}

/// Forward, backward and Adam on images `[N, spatial..., 1]` and labels `[N, spatial...]`.
func segmentationStep(
  _ network: any Layer<Float>, _ images: Tensor<Float>, _ labels: Tensor<Int32>
) -> () throws -> Void {
  let loss = stepLoss
  let optimizer = Optimizer(network, .adam(), learningRate: 5e-4, weightDecay: 1e-5)
  network.setMode(.training)
  return {
    network.zeroGradients()
    loss(network(Variable(images)), labels).backward()
    try optimizer.step()
  }
}

/// A step of the loop on a network of width 16 and batches of four, nearly the quickstart's.
private func smallCase(augmentation: VariedAugmentation?) throws -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 0)
  let network = UNet<Float>(UNetConfiguration(width: 16), classCount: 11, using: &generator)
  let images = (0..<4).map { index in
    let image = phantom(size: 128, seed: UInt64(index))
    return LabeledImage(image: image, labels: Tensor(converting: image.squeezed(at: 2) * 10.99))
  }
  let task = SegmentationTask(
    network, classCount: 11, recipe: TrainingRecipe(steps: 1_000_000, batchSize: images.count),
    augmentation: augmentation)
  let loop = try TrainingLoop(task, on: images)
  return { try loop.run { _ in .stop } }
}

extension VariedAugmentation {
  /// The quickstart's, for every image.
  fileprivate static var turned: VariedAugmentation {
    var augmentation = Settings().augmentation
    augmentation.warpProbability = 1
    return augmentation
  }
}

extension SuperCL.Weights {
  /// The paper's comparison of pixels and of groups left out.
  static let instanceAlone = SuperCL.Weights(instance: 1, intra: 0, inter: 0)
}

func superCLCase(
  _ size: SuperCLSize, weights: SuperCL.Weights = .init()
) throws -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 0)
  let network = SuperCLNetwork<Float>(UNetConfiguration(width: size.width), using: &generator)
  let x = phantoms(count: size.batch, size: size.side)
  let superpixels = wavyGrid(count: size.batch, size: size.side)
  let views = SuperCLViews(
    fixed: (x, (x * 0.8 + 0.1).clamped(to: 0...1)),
    varied: (x.flipped(along: 2), x.transposed(1, 2) * 0.9), superpixels: (superpixels, superpixels),
    positions: (0..<size.batch).map { 0.05 + 0.9 * Double($0) / Double(size.batch - 1) })
  var method = SuperCL()
  (method.intraLevel, method.weights) = (size.level, weights)
  let loss = try SuperCLLoss(method)
  let optimizer = Optimizer(network, .sgd(), learningRate: 0.01, weightDecay: 1e-5)
  network.setMode(.training)
  return {
    network.zeroGradients()
    try loss.evaluate(network, views).loss.backward()
    try optimizer.step()
  }
}

private func viewsCase(_ size: SuperCLSize) -> () throws -> Void {
  viewsCase(SuperCL(patchSize: size.side), of: size.images)
}

/// Two fixed and two varied views of each image or volume, and the superpixels of the fixed ones.
func viewsCase(_ method: SuperCL, of batch: [PretrainingImage]) -> () throws -> Void {
  let maker = SuperCLViewMaker(method)
  // Other draws each time: whether an image is warped decides what its views cost.
  var step = 0
  return {
    _ = try maker.views(of: batch, key: RandomKey(seed: 0).at(step: step))
    step += 1
  }
}
