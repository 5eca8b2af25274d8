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
}
