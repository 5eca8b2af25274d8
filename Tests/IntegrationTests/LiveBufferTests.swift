import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

/// Live buffers do not grow over 1,000 training steps: whatever a step takes, networks, losses and optimisers give back.
///
/// The counters are the whole process's, so each training has a process of its own.
@Suite struct LiveBufferTests {
  @Test func aThousandStepsOfSegmentation() async {
    await #expect(processExitsWith: .success) {
      var generator = PhiloxGenerator(seed: 1)
      let network = UNet<Float>(UNetConfiguration(widths: [2, 4]), classCount: 2, using: &generator)
      let optimizer = Optimizer(network, .adam(), learningRate: 1e-3)
      optimizer.clipping = .norm(1)
      let images = Tensor<Float>(uniform: 0..<1, shape: [2, 4, 4, 1], using: &generator)
      let labels = Tensor<Int32>(mask: images .> 0.5).squeezed(at: -1)
      try expectConstantBuffers {
        CombinedLoss.crossEntropyAndDice(network(Variable(images)), labels).backward()
        try optimizer.step()
        network.zeroGradients()
      }
    }
  }

  @Test func aThousandStepsOfSuperCL() async {
    await #expect(processExitsWith: .success) {
      var generator = PhiloxGenerator(seed: 1)
      let network = SuperCLNetwork<Float>(UNetConfiguration(widths: [2, 2, 4]), using: &generator)
      let optimizer = Optimizer(network, .sgd(), learningRate: 1e-3)
      let loss = try SuperCLLoss()
      func view() -> Tensor<Float> { Tensor(uniform: 0..<1, shape: [2, 8, 8, 1], using: &generator) }
      let map = Tensor<Int32>(shape: [2, 8, 8]) { buffer in
        for index in buffer.indices { buffer[index] = Int32(index / 4 % 2) }
      }
      let views = SuperCLViews(
        fixed: (view(), view()), varied: (view(), view()), superpixels: (map, map), positions: [0.1, 0.9])
      try expectConstantBuffers {
        try loss.evaluate(network, views).loss.backward()
        try optimizer.step()
        network.zeroGradients()
      }
    }
  }
}

/// Runs a step 1,000 times; after the first two, which make moments and velocities, the count stays.
private func expectConstantBuffers(_ step: () throws -> Void) rethrows {
  try step()
  try step()
  let (buffers, bytes) = (TensorMemory.activeBuffers, TensorMemory.activeBytes)
  for _ in 0..<1000 { try step() }
  #expect(TensorMemory.activeBuffers == buffers)
  #expect(TensorMemory.activeBytes == bytes)
}
