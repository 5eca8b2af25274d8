import Autograd
import Contrastive
import Foundation
import NN
import QuickstartKit
import Tensor

/// Whole training steps, with the settings of bench_step.py: U-Net fine-tuning, SuperCL, and the making of its views.
let stepBenchmarks: [BenchmarkCase] =
  [128, 256].map { size in BenchmarkCase(name: "unet \(size)") { unetCase(size: size) } }
  + [
    BenchmarkCase(name: "small unet 128") { try smallCase(augmentation: nil) },
    BenchmarkCase(name: "small unet 128, augmented") { try smallCase(augmentation: .turned) },
  ]
  + superCLSizes.flatMap { size in
    [
      BenchmarkCase(name: "supercl \(size.side)") { try superCLCase(size) },
      BenchmarkCase(name: "views \(size.side)") { viewsCase(size) },
    ]
  }

private let classCount = 5

/// An image's side with the width and batch that fit it, and the level that ILCP reads.
private struct SuperCLSize: Sendable {
  let side: Int
  let width: Int
  let batch: Int
  let level: FeatureLevel
}

private let superCLSizes = [
  SuperCLSize(side: 128, width: 32, batch: 8, level: .stage(2)),
  SuperCLSize(side: 256, width: 32, batch: 8, level: .stage(3)),
  SuperCLSize(side: 512, width: 16, batch: 4, level: .bottleneck),
]

// MARK: Steps

private func unetCase(size: Int) -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 0)
  let network = UNet<Float>(UNetConfiguration(width: 32), classCount: classCount, using: &generator)
  let x = phantoms(count: 8, size: size)
  let labels = Tensor<Int32>(converting: x.squeezed(at: 3) * (Float(classCount) - 0.01))
  let loss = CombinedLoss([(1, CrossEntropyLoss()), (1, DiceLoss(smoothing: 1))])
  let optimizer = Optimizer(network, .adam(), learningRate: 5e-4, weightDecay: 1e-5)
  network.setMode(.training)
  return {
    network.zeroGradients()
    loss(network(Variable(x)), labels).backward()
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

private func superCLCase(_ size: SuperCLSize) throws -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 0)
  let network = SuperCLNetwork<Float>(UNetConfiguration(width: size.width), using: &generator)
  let x = phantoms(count: size.batch, size: size.side)
  let superpixels = wavyGrid(count: size.batch, size: size.side)
  let views = SuperCLViews(
    fixed: (x, (x * 0.8 + 0.1).clamped(to: 0...1)),
    varied: (x.flipped(along: 2), x.transposed(1, 2) * 0.9), superpixels: (superpixels, superpixels),
    positions: (0..<size.batch).map { 0.05 + 0.9 * Double($0) / Double(size.batch - 1) })
  var method = SuperCL()
  method.intraLevel = size.level
  let loss = try SuperCLLoss(method)
  let optimizer = Optimizer(network, .sgd(), learningRate: 0.01, weightDecay: 1e-5)
  network.setMode(.training)
  return {
    network.zeroGradients()
    try loss.evaluate(network, views).loss.backward()
    try optimizer.step()
  }
}

/// Two fixed and two varied views of each image, and the superpixels of the fixed ones.
private func viewsCase(_ size: SuperCLSize) -> () throws -> Void {
  let maker = SuperCLViewMaker(SuperCL(patchSize: size.side))
  let x = phantoms(count: size.batch, size: size.side)
  let batch = (0..<size.batch).map { PretrainingImage(x[$0]) }
  return { _ = try maker.views(of: batch, key: RandomKey(seed: 0)) }
}

// MARK: Images

/// Smooth random images like bodies, in 0...1: an ellipsoid, organs, a bias field, noise.
private func phantoms(count: Int, size: Int) -> Tensor<Float> {
  Tensor(stacking: (0..<count).map { phantom(size: size, seed: UInt64($0)) })
}

private func phantom(size: Int, seed: UInt64) -> Tensor<Float> {
  var generator = PhiloxGenerator(seed: seed)
  var organs: [(y: Double, x: Double, height: Double, width: Double, value: Double)] = []
  for _ in 0..<12 {
    let (y, x) = (
      Double.random(in: -0.55...0.55, using: &generator), Double.random(in: -0.55...0.55, using: &generator)
    )
    let (height, width) = (
      Double.random(in: 0.08...0.35, using: &generator), Double.random(in: 0.08...0.35, using: &generator)
    )
    organs.append((y, x, height, width, Double.random(in: 0.15...0.9, using: &generator)))
  }
  let noise = Tensor<Float>(
    normalWithMean: 0, standardDeviation: 0.02, shape: [size, size, 1], using: &generator)
  let body = Tensor<Float>(shape: [size, size, 1]) { buffer in
    for index in buffer.indices {
      let (y, x) = (coordinate(index / size, size), coordinate(index % size, size))
      var value = y * y + x * x < 0.81 ? 0.25 : 0
      for organ in organs {
        let (dy, dx) = ((y - organ.y) / organ.height, (x - organ.x) / organ.width)
        if dy * dy + dx * dx < 1 { value = organ.value }
      }
      buffer[index] = Float(value + 0.05 * (sin(3 * y) + sin(3 * x + 1)))
    }
  }
  return (body + noise).clamped(to: 0...1)
}

/// -1 at the first pixel, 1 at the last.
private func coordinate(_ index: Int, _ size: Int) -> Double { 2 * Double(index) / Double(size - 1) - 1 }

/// About a hundred irregular regions an image, as superpixels are: a grid with wavy borders.
private func wavyGrid(count: Int, size: Int) -> Tensor<Int32> {
  Tensor(shape: [count, size, size]) { buffer in
    for index in buffer.indices {
      let image = Double(index / (size * size))
      let (row, column) = (Double(index / size % size), Double(index % size))
      let (wave, length) = (Double(size) / 40, Double(size))
      func cell(_ place: Double) -> Int32 { Int32(min(max(place * 10 / length, 0), 9)) }
      let y = cell(row + wave * sin(column * 12 / length + image))
      let x = cell(column + wave * cos(row * 12 / length - image))
      buffer[index] = y * 10 + x
    }
  }
}
