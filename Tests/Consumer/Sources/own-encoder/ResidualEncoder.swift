import Autograd
import NN
import Tensor

/// Residual blocks at 1/2 and 1/4 of the image: two levels, no pooling, batch norm throughout.
final class ResidualEncoder: FeatureEncoder {
  /// Channels of the two levels.
  struct Widths: Codable, Sendable {
    var fine = 6
    var deep = 10
  }

  let encoderDescription: EncoderDescription
  private let (stem, down): (Sequential<Float>, Sequential<Float>)
  private let (fine, deep): (Sequential<Float>, Sequential<Float>)

  init(_ widths: Widths, using generator: inout PhiloxGenerator) {
    encoderDescription = EncoderDescription(
      inputChannels: 1,
      levels: [.init(channels: widths.fine, stride: [2, 2]), .init(channels: widths.deep, stride: [4, 4])])
    stem = Self.convolution(from: 1, to: widths.fine, stride: 2, using: &generator)
    fine = Self.branch(widths.fine, using: &generator)
    down = Self.convolution(from: widths.fine, to: widths.deep, stride: 2, using: &generator)
    deep = Self.branch(widths.deep, using: &generator)
  }

  var members: [ModuleMember<Float>] {
    [.module("stem", stem), .module("fine", fine), .module("down", down), .module("deep", deep)]
  }

  func callAsFunction(_ image: Variable<Float>) -> [Variable<Float>] {
    let first = stem(image).relu()
    let level = (first + fine(first)).relu()
    let second = down(level).relu()
    return [level, (second + deep(second)).relu()]
  }

  private static func convolution(
    from inputs: Int, to outputs: Int, stride: KernelSteps, using generator: inout PhiloxGenerator
  ) -> Sequential<Float> {
    Sequential(
      Conv2D<Float>(
        inputChannels: inputs, outputChannels: outputs, kernelSize: 3, stride: stride, padding: 1,
        bias: .none,
        using: &generator),
      BatchNorm2D<Float>(channels: outputs))
  }

  private static func branch(_ channels: Int, using generator: inout PhiloxGenerator) -> Sequential<Float> {
    Sequential(
      convolution(from: channels, to: channels, stride: 1, using: &generator), ReLU<Float>(),
      convolution(from: channels, to: channels, stride: 1, using: &generator))
  }
}
