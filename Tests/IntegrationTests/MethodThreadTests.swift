import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// Three steps of each method end in the same bytes at 1, 2 and 3 threads.
///
/// The number of threads is a setting of the whole process, so every test has a process of its own.
@Suite struct MethodThreadTests {
  @Test func simCLR() async {
    await #expect(processExitsWith: .success) { expectEqualBytes(SimCLR.small) }
  }

  @Test func byol() async {
    await #expect(processExitsWith: .success) { expectEqualBytes(BYOL.small) }
  }

  @Test func simSiam() async {
    await #expect(processExitsWith: .success) { expectEqualBytes(SimSiam.small) }
  }

  @Test func simTriplet() async {
    await #expect(processExitsWith: .success) { expectEqualBytes(SimTriplet.small) }
  }

  @Test func deSD() async {
    await #expect(processExitsWith: .success) { expectEqualBytes(DeSD.small) }
  }
}

private func expectEqualBytes<Method: PublishedMethod>(_ method: Method) {
  do {
    var method = method
    method.recipe.steps = 3
    var states: [Data] = []
    for threads in 1...3 {
      ComputeThreads.count = threads
      let images = try NeighboringSlices(KeptCT.slices(every: 10))
      let task = try PretrainingTask(method, encoder: .unet(width: 4))
      try TrainingLoop(task, on: images).run()
      states.append(try task.learner.state().data())
    }
    #expect(states[1] == states[0] && states[2] == states[0], "\(Method.name)")
  } catch {
    Issue.record("\(Method.name): \(error)")
  }
}
