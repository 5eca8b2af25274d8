import Contrastive
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SuperCLNetworkTests {
  /// Pre-training begins from PyTorch's default, 1 / 2.45 of the width of fine-tuning's Kaiming weights.
  @Test func itBeginsAsTheReleasedCodePreTrains() throws {
    func spread(_ initializer: ParameterInitializer?) throws -> (weight: Double, bias: Double) {
      var generator = PhiloxGenerator(seed: 1)
      let configuration = UNetConfiguration(width: 16)
      let network =
        initializer.map { SuperCLNetwork<Float>(configuration, initializer: $0, using: &generator) }
        ?? SuperCLNetwork<Float>(configuration, using: &generator)
      let encoder = try #require(network.encoder as? UNetEncoder<Float>)
      let layers = [encoder.center.conv1, encoder.stages[1].conv2]
      for layer in layers {
        let fanIn = Double(9 * layer.weight.shape[2])
        if initializer == nil {
          let bound = Float(1 / fanIn.squareRoot())
          #expect(layer.weight.value.magnitude.max().item <= bound)
          #expect((layer.bias?.value.magnitude.max().item ?? 1) <= bound)
        }
      }
      for linear in [network.projector.fc1, network.projector.fc2] where initializer == nil {
        // 256 inputs: U(+-1/16).
        #expect(linear.weight.value.magnitude.max().item <= 1 / 16)
        #expect(linear.weight.value.magnitude.max().item > 0.99 / 16)
        #expect((linear.bias?.value.magnitude.max().item ?? 0) > 0.9 / 16)
      }
      return (
        Double(layers[0].weight.value.variance().item).squareRoot(),
        Double(layers[0].bias?.value.magnitude.max().item ?? 0)
      )
    }
    let (pyTorch, kaiming) = (try spread(nil), try spread(.kaimingNormal()))
    #expect(abs(kaiming.weight / pyTorch.weight - 2.449) < 0.03)
    #expect(pyTorch.bias > 0 && kaiming.bias == 0)
  }
}
