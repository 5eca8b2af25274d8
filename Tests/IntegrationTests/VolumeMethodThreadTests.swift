import Contrastive
import Testing

/// PCL, WCL, GCL and DiRA as in ``MethodThreadTests``; each in a process of its own.
@Suite struct VolumeMethodThreadTests {
  @Test func pcl() async {
    await #expect(processExitsWith: .success) { expectEqualStates(PCL.small) }
  }

  @Test func wcl() async {
    await #expect(processExitsWith: .success) { expectEqualStates(WCL.small) }
  }

  @Test func bothStagesOfGCL() async {
    await #expect(processExitsWith: .success) {
      expectEqualStates(GCL.small)
      expectEqualStates(GCLLocal.small)
    }
  }

  @Test func dira() async {
    await #expect(processExitsWith: .success) { expectEqualStates(DiRA.small) }
  }
}
