import Autograd
import Contrastive
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
  let x = Tensor(stacking: (0..<volumeCount).map { phantom([size, size, size], seed: UInt64($0)) })
  let labels = Tensor<Int32>(converting: x.squeezed(at: 4) * (Float(stepClassCount) - 0.01))
  return segmentationStep(network, x, labels)
}

/// Two fixed and two varied views of each volume, and the supervoxels of the fixed ones, as many as the encoder carries.
private func volumetricViewsCase(size: Int) throws -> () throws -> Void {
  let method = try SuperCL(patchSize: size).fitted(to: volumetricWidths.encoderDescription(axes: 3))
  return viewsCase(
    method, of: (0..<volumeCount).map { PretrainingImage(phantom([size, size, size], seed: UInt64($0))) })
}
