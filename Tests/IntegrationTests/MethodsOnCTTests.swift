import Contrastive
import Tensor
import Testing

/// The small presets of SuperCL and of the methods that compare views of images learn on the slices of a CT; see
/// ``expectLearning(_:on:term:after:earlySpread:startingFrom:)``.
@Suite struct MethodsOnCTTests {
  private func slices() throws -> ArrayDataset<PretrainingImage> { try ArrayDataset(keptSlices()) }

  @Test func superCL() throws { try expectLearning(SuperCL.small, on: slices()) }
  @Test func simCLR() throws { try expectLearning(SimCLR.small, on: slices(), earlySpread: 0.5) }
  /// A queue of two batches is full behind two steps.
  @Test func moCo() throws { try expectLearning(MoCo.small, on: slices(), after: 2) }
  @Test func byol() throws { try expectLearning(BYOL.small, on: slices(), earlySpread: 0.5) }
  @Test func swAV() throws { try expectLearning(SwAV.small, on: slices(), after: SwAV.small.frozenSteps) }
  @Test func simSiam() throws { try expectLearning(SimSiam.small, on: slices(), earlySpread: 0.5) }
  @Test func simTriplet() throws {
    try expectLearning(SimTriplet.small, on: neighboringKeptSlices(), earlySpread: 0.5)
  }
  @Test func deSD() throws {
    try expectLearning(DeSD.small, on: slices(), after: DeSD.small.frozenSteps, earlySpread: 0.5)
  }
}
