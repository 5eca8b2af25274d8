import Contrastive
import NN
import Tensor
import Testing

/// Steps of PCL, WCL, GCL and DiRA have the same bits at 1, 2 and 3 threads; each in a process of its own.
@Suite struct VolumeMethodThreadTests {
  @Test func pcl() async {
    await #expect(processExitsWith: .success) { expectEqualSteps(PCL.small) }
  }

  @Test func wcl() async {
    await #expect(processExitsWith: .success) { expectEqualSteps(WCL.small) }
  }

  @Test func bothStagesOfGCL() async {
    await #expect(processExitsWith: .success) {
      expectEqualSteps(GCL.small)
      expectEqualSteps(GCLLocal.small)
    }
  }

  @Test func dira() async {
    await #expect(processExitsWith: .success) { expectEqualSteps(DiRA.small) }
  }
}

/// Two steps of a small preset on noise of four volumes.
private func expectEqualSteps<Method: PretrainingMethod>(_ method: Method) {
  expectEqualBytes(Method.name) {
    var method = method
    method.recipe.steps = 2
    let images = (0..<24).map { index in
      PretrainingImage(
        random([70, 66, 1], seed: UInt64(index)), position: Double(index % 6 + 1) / 6, volume: index / 6)
    }
    let task = try PretrainingTask(method, encoder: .unet(width: 8))
    var terms: [Float] = []
    try TrainingLoop(task, on: images).run {
      terms += $0.terms.map { Float($0.value) }
      return .proceed
    }
    return state(of: task.learner) + [Tensor(terms)]
  }
}
