import Tensor
import Testing

@Suite struct TensorReshapingTests {
  private let tensor = Tensor<Int32>(arange: 0, to: 12)

  @Test func shapesShareTheBuffer() {
    let cube = tensor.reshaped(2, -1, 3)
    #expect(cube.shape == [2, 2, 3])
    #expect(cube.pointer == tensor.pointer)
    #expect(cube[1, 0, 2] == 8)
    #expect(cube.flattened() == tensor)
    #expect(cube.reshaped([3, 4] as TensorShape).shape == [3, 4])
  }

  @Test func axesOfLengthOne() {
    #expect(tensor.expanded(at: 0).shape == [1, 12])
    #expect(tensor.expanded(at: 1).shape == [12, 1])
    #expect(tensor.expanded(at: -1).shape == [12, 1])
    #expect(tensor.expanded(at: 0).squeezed(at: 0) == tensor)
    #expect(Tensor<Int32>(5).reshaped(1, 1).shape == [1, 1])
  }

  @Test func emptyTensors() {
    #expect(Tensor<Int32>(zeros: [0, 3]).reshaped(3, 0).shape == [3, 0])
  }

  @Test func countsThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>(zeros: [12]).reshaped(5, 2) }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>(zeros: [12]).reshaped(5, -1) }
    await #expect(processExitsWith: .failure) { _ = Tensor<Int32>(zeros: [12]).squeezed(at: 0) }
  }
}
