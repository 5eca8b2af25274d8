import Autograd
import NN
import Tensor
import Testing

@Suite struct PoolingLayerTests {
  @Test func theLargestOfEachWindow() {
    let image = leaf(Tensor<Float>([1, 5, 2, 0, 3, 4, 8, 1], shape: [1, 2, 4, 1]))
    let output = MaxPool2D<Float>()(image)
    #expect(output.value == Tensor([5, 8], shape: [1, 1, 2, 1]))
    output.backward(gradient: Tensor([1, 2], shape: [1, 1, 2, 1]))
    #expect(image.gradient == Tensor([0, 1, 0, 0, 0, 0, 2, 0], shape: [1, 2, 4, 1]))
  }

  @Test func volumesHalveAlongThreeAxes() {
    #expect(MaxPool3D<Float>()(Variable(testTensor([2, 4, 6, 8, 3]))).shape == [2, 2, 3, 4, 3])
  }

  @Test func upsamplingRepeatsOrInterpolates() {
    let image = Variable(Tensor<Float>([0, 4], shape: [1, 1, 2, 1]))
    #expect(
      Upsample2D<Float>()(image).value == Tensor([0, 0, 4, 4, 0, 0, 4, 4], shape: [1, 2, 4, 1]))
    // Pixel centers at half coordinates: 0, 1, 3, 4.
    #expect(
      Upsample2D<Float>(mode: .bilinear)(image).value
        == Tensor([0, 1, 3, 4, 0, 1, 3, 4], shape: [1, 2, 4, 1]))
  }
}
