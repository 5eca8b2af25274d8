import Autograd
import Tensor

/// The layers between the convolutions of a 32...512 U-Net, forward and backward, at a batch of eight.
let layerBenchmarks: [BenchmarkCase] = unetLevels.flatMap { size, channels in
  [
    BenchmarkCase(name: "batch norm + leaky ReLU \(channels) at \(size)") {
      batchNormCase(size: size, channels: channels)
    },
    BenchmarkCase(name: "max-pool \(channels) at \(size)") { maxPoolCase(size: size, channels: channels) },
  ]
}

/// Side and channels of the feature maps of images of 128 and 256 pixels; both share most of them.
private let unetLevels = [(128, 32), (64, 64), (32, 128), (16, 256), (256, 32), (128, 64)]

private func features(size: Int, channels: Int, seed: UInt64) -> Tensor<Float> {
  var generator = PhiloxGenerator(seed: seed)
  return Tensor(uniform: -1..<1, shape: [8, size, size, channels], using: &generator)
}

private func batchNormCase(size: Int, channels: Int) -> () -> Void {
  let x = Variable(features(size: size, channels: channels, seed: 1), requiresGradient: true)
  let weight = Variable(Tensor<Float>(ones: [channels]), requiresGradient: true)
  let bias = Variable(Tensor<Float>(zeros: [channels]), requiresGradient: true)
  let cotangent = features(size: size, channels: channels, seed: 2)
  return {
    for variable in [x, weight, bias] { variable.gradient = nil }
    x.batchNorm(weight: weight, bias: bias, negativeSlope: 0.01).output.backward(gradient: cotangent)
  }
}

private func maxPoolCase(size: Int, channels: Int) -> () -> Void {
  let x = Variable(features(size: size, channels: channels, seed: 1), requiresGradient: true)
  let cotangent = features(size: size / 2, channels: channels, seed: 2)
  return {
    x.gradient = nil
    x.maxPool(PoolingWindow([2, 2])).backward(gradient: cotangent)
  }
}
