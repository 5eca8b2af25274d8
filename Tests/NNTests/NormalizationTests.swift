import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct NormalizationLayerTests {
  @Test func instanceNormIsTheReference() throws {
    try compareLayer("instanceNorm", tolerance: 1e-12) { filled(InstanceNorm2D<Double>(channels: 4), $0) }
    try compareLayer("instanceNorm", tolerance: 1e-5) { filled(InstanceNorm2D<Float>(channels: 4), $0) }
  }

  @Test(arguments: [1, 2, 4]) func groupNormIsTheReference(_ groups: Int) throws {
    let name = "groupNorm.groups\(groups)"
    try compareLayer(name, tolerance: 1e-12) { filled(GroupNorm<Double>(groups: groups, channels: 4), $0) }
    try compareLayer(name, tolerance: 1e-5) { filled(GroupNorm<Float>(groups: groups, channels: 4), $0) }
  }

  @Test func layerNormIsTheReference() throws {
    try compareLayer("layerNorm", tolerance: 1e-12) { filled(LayerNorm<Double>(features: 4), $0) }
    try compareLayer("layerNorm", tolerance: 1e-5) { filled(LayerNorm<Float>(features: 4), $0) }
  }

  @Test func oneGroupPerChannelIsInstanceNorm() {
    let images = Variable(testTensor([2, 3, 5, 4], of: Double.self))
    let group = GroupNorm<Double>(groups: 4, channels: 4)(images).value
    let instance = InstanceNorm2D<Double>(channels: 4)(images).value
    #expect(group.isClose(to: instance, absoluteTolerance: 1e-12))
  }

  @Test func trainingOnOnePixelStopsWithTheShape() async throws {
    let instance = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = InstanceNorm2D<Float>(channels: 2)(Variable(Tensor(zeros: [3, 1, 1, 2])))
    }
    #expect(
      String(decoding: try #require(instance).standardErrorContent, as: UTF8.self).contains("[3, 1, 1, 2]"))
    let group = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GroupNorm<Float>(groups: 2, channels: 2)(Variable(Tensor(zeros: [3, 1, 1, 2])))
    }
    #expect(
      String(decoding: try #require(group).standardErrorContent, as: UTF8.self).contains("[3, 1, 1, 2]"))
  }

  @Test func inEvaluationOnePixelIsTheBias() {
    let input = Variable(Tensor<Float>([5, -7], shape: [1, 1, 1, 2]))
    for layer: any Layer<Float> in [
      InstanceNorm2D<Float>(channels: 2), GroupNorm<Float>(groups: 2, channels: 2),
    ] {
      layer.setMode(.evaluation)
      #expect(layer(input).value == Tensor(zeros: [1, 1, 1, 2]))
    }
    // Two channels of one pixel are two values.
    let group = GroupNorm<Float>(groups: 1, channels: 2, epsilon: 0)
    #expect(group(input).value == Tensor([1, -1], shape: [1, 1, 1, 2]))
    // An empty batch has nothing to refuse.
    #expect(InstanceNorm2D<Float>(channels: 2)(Variable(Tensor(zeros: [0, 1, 1, 2]))).shape == [0, 1, 1, 2])
  }
}
