import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// Three steps of each method, 200 with `Tests/run.sh --full`, end in the same bytes at 1, 2 and 3 threads.
///
/// The number of threads is a setting of the whole process, so every test has a process of its own.
@Suite struct MethodThreadTests {
  @Test func superCL() async {
    await #expect(processExitsWith: .success) { expectEqualStates(SuperCL.small) }
  }

  @Test func moCo() async {
    await #expect(processExitsWith: .success) { expectEqualStates(MoCo.small) }
  }

  @Test func swAV() async {
    await #expect(processExitsWith: .success) { expectEqualStates(SwAV.small) }
  }

  @Test func simCLR() async {
    await #expect(processExitsWith: .success) { expectEqualStates(SimCLR.small) }
  }

  @Test func byol() async {
    await #expect(processExitsWith: .success) { expectEqualStates(BYOL.small) }
  }

  @Test func simSiam() async {
    await #expect(processExitsWith: .success) { expectEqualStates(SimSiam.small) }
  }

  @Test func simTriplet() async {
    await #expect(processExitsWith: .success) { expectEqualStates(SimTriplet.small) }
  }

  @Test func deSD() async {
    await #expect(processExitsWith: .success) { expectEqualStates(DeSD.small) }
  }
}

/// The bytes of all that was learned, at 1, 2 and 3 threads.
func expectEqualStates<Method: PublishedMethod>(_ method: Method) {
  do {
    var method = method
    method.recipe.steps = trainsInFull ? 200 : 3
    var (states, terms): ([Data], [[Double]]) = ([], [])
    for threads in 1...3 {
      ComputeThreads.count = threads
      let examples = try method.examples(of: ArrayDataset(keptSlices()))
      let task = try PretrainingTask(method, encoder: .unet(width: 4))
      var seen: [Double] = []
      try TrainingLoop(task, on: examples).run {
        seen += $0.terms.map(\.value)
        return .proceed
      }
      terms.append(seen)
      states.append(try task.learner.state().data())
    }
    #expect(states[1] == states[0] && states[2] == states[0], "\(Method.name)")
    // NaN equals nothing: every term is a number, too.
    #expect(terms[1] == terms[0] && terms[2] == terms[0], "\(Method.name)")
  } catch {
    Issue.record("\(Method.name): \(error)")
  }
}
