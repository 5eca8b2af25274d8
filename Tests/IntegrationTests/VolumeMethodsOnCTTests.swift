import Contrastive
import NN
import Tensor
import Testing

/// The small presets of PCL, WCL, GCL and DiRA learn on the slices of a CT; see
/// ``expectLearning(_:on:term:after:earlySpread:startingFrom:)``.
@Suite struct VolumeMethodsOnCTTests {
  private func slices() throws -> ArrayDataset<PretrainingImage> { try ArrayDataset(keptSlices()) }

  @Test func pclLearns() throws { try expectLearning(PCL.small, on: slices()) }
  @Test func wclLearns() throws { try expectLearning(WCL.small, on: slices()) }
  /// A queue of two batches is full behind two steps.
  @Test func diraLearnsToRestore() throws {
    try expectLearning(DiRA.small, on: slices(), term: "restoration", after: 2)
  }

  @Test func bothStagesOfGCLLearn() throws {
    let first = try expectLearning(GCL.small, on: slices())
    let second = try expectLearning(GCLLocal.small, on: slices(), startingFrom: first.encoder.state())
    #expect(second.encoder.state().entries == first.encoder.state().entries)
  }
}
