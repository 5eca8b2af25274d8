import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct ModuleTests {
  private func network() -> UNet<Float> {
    var generator = SplitMix64(seed: 1)
    return UNet(UNetConfiguration(widths: [2, 4]), classCount: 2, using: &generator)
  }

  @Test func frozenPartsReceiveNoGradientAndStay() throws {
    let network = network()
    network.encoder.freeze()
    let before = network.encoder.parameters.map(\.value)
    let optimizer = Optimizer(network, .sgd(), learningRate: 0.1)
    CrossEntropyLoss()(
      network(Variable(testTensor([1, 4, 4, 1]))), testLabels([1, 4, 4], classes: 2)
    )
    .backward()
    try optimizer.step()
    #expect(network.encoder.parameters.allSatisfy { $0.isFrozen && $0.gradient == nil })
    #expect(network.encoder.parameters.map(\.value) == before)
    #expect(network.decoder.parameters.allSatisfy { $0.gradient != nil })
    network.encoder.unfreeze()
    network.zeroGradients()
    #expect(network.parameters.allSatisfy { !$0.isFrozen && $0.gradient == nil })
  }

  @Test func freezingKeepsTheCount() {
    let network = network()
    let count = network.parameterCount
    network.freeze()
    #expect(network.parameterCount == count)
  }

  @Test func theModeReachesEveryLayer() {
    let network = network()
    network.setMode(.evaluation)
    #expect(network.encoder.stages[0].norm1.mode == .evaluation)
    #expect(network.decoder.stages[0].block.norm2.mode == .evaluation)
    network.setMode(.training)
    #expect(network.encoder.stages[0].norm1.mode == .training)
  }

  @Test func theSummaryNamesAndCountsEverything() {
    let network = network()
    network.encoder.freeze()
    let lines = network.summary().split(separator: "\n").map(String.init)
    #expect(lines.count == network.parameters.count + 2)
    let head = lines.first { $0.hasPrefix("head.weight") }
    #expect(head?.contains("[1, 1, 2, 2]") == true && head?.contains("4") == true)
    // Stage: 20 + 4 + 38 + 4 = 66; center: 4 * 18 + 4 + 4 * 36 + 4 = 224.
    #expect(lines.last == "total \(network.parameterCount), of them frozen 290")
    #expect(network.encoder.parameterCount == 290)
    #expect(lines.contains { $0.hasPrefix("encoder.center.conv1.bias") && $0.hasSuffix("frozen") })
  }
}
