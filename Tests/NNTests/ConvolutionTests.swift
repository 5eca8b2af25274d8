import Autograd
import NN
import Tensor
import TestSupport
import Testing

@Suite struct ConvolutionLayerTests {
  @Test func aLayerIsItsOperator() {
    var generator = SplitMix64(seed: 1)
    let layer = Conv2D<Double>(
      inputChannels: 3, outputChannels: 5, kernelSize: 3, stride: 2, padding: 1, using: &generator)
    layer.bias?.value = testTensor([5])
    let images: Tensor<Double> = testTensor([2, 7, 6, 3])
    #expect(layer.weight.shape == [3, 3, 3, 5])
    #expect(
      layer(Variable(images)).value
        == images.conv2D(layer.weight.value, bias: layer.bias?.value, stride: 2, padding: 1))
  }

  @Test func twoInputsSideBySideAreOneConcatenated() {
    var generator = SplitMix64(seed: 1)
    let layer = Conv2D<Double>(
      inputChannels: 5, outputChannels: 4, kernelSize: 3, padding: 1, using: &generator)
    let parts = [2, 3].map { leaf(testTensor([1, 5, 6, $0], seed: UInt64($0), of: Double.self)) }
    let joined = layer(parts[0], joinedWith: parts[1])
    let whole = layer(Variable(Tensor(concatenating: parts.map(\.value), along: 3)))
    #expect(joined.value.isClose(to: whole.value, absoluteTolerance: 1e-12))
    let result = checkGradient(at: parts.map(\.value)) { layer($0[0], joinedWith: $0[1]) }
    #expect(result.passes, "\(result)")
  }

  @Test func volumesConvolveToo() {
    var generator = SplitMix64(seed: 1)
    let layer = Conv3D<Float>(
      inputChannels: 2, outputChannels: 3, kernelSize: 3, padding: 1, using: &generator)
    #expect(layer(Variable(testTensor([1, 4, 5, 6, 2]))).shape == [1, 4, 5, 6, 3])
    #expect(layer.state().entries["weight"]?.shape == [3, 2, 3, 3, 3])
  }

  @Test func filesKeepPyTorchsOrder() {
    var generator = SplitMix64(seed: 1)
    let layer = Conv2D<Float>(
      inputChannels: 2, outputChannels: 3, kernelSize: 1, bias: .none, initializer: .constant(0),
      using: &generator)
    layer.weight.value = Tensor([0, 1, 2, 10, 11, 12], shape: [1, 1, 2, 3])
    #expect(
      layer.state().tensor("weight", of: Float.self) == Tensor([0, 10, 1, 11, 2, 12], shape: [3, 2, 1, 1]))
    let up = ConvTranspose2D<Float>(
      weight: Tensor([0, 1, 2, 10, 11, 12], shape: [1, 1, 2, 3]), bias: nil)
    #expect(
      up.state().tensor("weight", of: Float.self) == Tensor([0, 1, 2, 10, 11, 12], shape: [2, 3, 1, 1]))
  }

  @Test func aTransposedLayerDoublesTheSize() {
    var generator = SplitMix64(seed: 1)
    let layer = ConvTranspose2D<Float>(inputChannels: 1, outputChannels: 2, using: &generator)
    layer.weight.value = Tensor([1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 2, 1, 2])
    layer.bias?.value = Tensor([0, 100])
    // One pixel of value 2: the kernel times 2.
    let output = layer(Variable(Tensor([2], shape: [1, 1, 1, 1])))
    #expect(output.value == Tensor([2, 104, 6, 108, 10, 112, 14, 116], shape: [1, 2, 2, 2]))
    let volume = ConvTranspose3D<Float>(inputChannels: 1, outputChannels: 2, using: &generator)
    #expect(volume(Variable(testTensor([1, 2, 3, 4, 1]))).shape == [1, 4, 6, 8, 2])
  }
}
