import Autograd
import Contrastive
import Foundation
import NN
import Tensor

/// A training step on volumes that are given, and the making of SuperCL's views of them, with the settings of volumes.py.
let volumeStepBenchmarks = [
  BenchmarkCase(name: "unet3d 64") { volumetricUNetCase(size: 64) },
  BenchmarkCase(name: "views3d 64") { try volumetricViewsCase(size: 64) },
]

private let volumetricWidths = UNetConfiguration(widths: [32, 64, 128, 256])
private let volumeCount = 2

private func volumetricUNetCase(size: Int) -> () throws -> Void {
  var generator = PhiloxGenerator(seed: 0)
  let network = UNet3D<Float>(volumetricWidths, classCount: stepClassCount, using: &generator)
  let x = Tensor(stacking: (0..<volumeCount).map { volumePhantom(size: size, seed: UInt64($0)) })
  let labels = Tensor<Int32>(converting: x.squeezed(at: 4) * (Float(stepClassCount) - 0.01))
  let loss = stepLoss
  let optimizer = Optimizer(network, .adam(), learningRate: 5e-4, weightDecay: 1e-5)
  network.setMode(.training)
  return {
    network.zeroGradients()
    loss(network(Variable(x)), labels).backward()
    try optimizer.step()
  }
}

/// Two fixed and two varied views of each volume, and the supervoxels of the fixed ones, as many as the encoder carries.
private func volumetricViewsCase(size: Int) throws -> () throws -> Void {
  let method = try SuperCL(patchSize: size).fitted(to: volumetricWidths.encoderDescription(axes: 3))
  let maker = SuperCLViewMaker(method)
  let batch = (0..<volumeCount).map { PretrainingImage(volumePhantom(size: size, seed: UInt64($0))) }
  // Other draws each time: whether a volume is warped decides what its views cost.
  var step = 0
  return {
    _ = try maker.views(of: batch, key: RandomKey(seed: 0).at(step: step))
    step += 1
  }
}

/// A smooth random volume like a body, in 0...1; see ``phantom(size:seed:)``.
private func volumePhantom(size: Int, seed: UInt64) -> Tensor<Float> {
  var generator = PhiloxGenerator(seed: seed)
  let organs = (0..<12).map { _ in
    (
      center: (0..<3).map { _ in Double.random(in: -0.55...0.55, using: &generator) },
      radii: (0..<3).map { _ in Double.random(in: 0.08...0.35, using: &generator) },
      value: Double.random(in: 0.15...0.9, using: &generator)
    )
  }
  let noise = Tensor<Float>(
    normalWithMean: 0, standardDeviation: 0.02, shape: [size, size, size, 1], using: &generator)
  let body = Tensor<Float>(shape: [size, size, size, 1]) { buffer in
    for index in buffer.indices {
      let place = [index / (size * size), index / size % size, index % size].map {
        2 * Double($0) / Double(size - 1) - 1
      }
      func squares(_ center: [Double], _ radii: [Double]) -> Double {
        (0..<3).reduce(0) { $0 + pow((place[$1] - center[$1]) / radii[$1], 2) }
      }
      var value = squares([0, 0, 0], [0.9, 0.9, 0.9]) < 1 ? 0.25 : 0
      for organ in organs where squares(organ.center, organ.radii) < 1 { value = organ.value }
      buffer[index] = Float(
        value + 0.05 * place.enumerated().reduce(0) { $0 + sin(3 * $1.element + Double($1.offset)) })
    }
  }
  return (body + noise).clamped(to: 0...1)
}
