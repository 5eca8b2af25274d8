import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// PCL, WCL, GCL and DiRA in the one loop, and their learners on volumes.
@Suite struct VolumeMethodTrainingTests {
  private let slices = placedSlices(volumes: 4, slices: 5)

  /// Six steps in one go, and three, a stop, new objects, and three more.
  private func expectResumesBitForBit<Method: PretrainingMethod>(_ method: Method) throws {
    let folder = try TemporaryFolder()
    let policy = CheckpointPolicy(folder.file("state"), everySteps: 100)
    let whole = try PretrainingTask(method, encoder: .unet(width: 4))
    let start = whole.learner.state().entries
    try TrainingLoop(whole, on: slices).run {
      #expect($0.terms.allSatisfy { $0.value.isFinite })
      return .proceed
    }
    #expect(whole.learner.state().entries != start)
    let first = try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: slices)
    try first.run(checkpoint: policy) { $0.step == 3 ? .stop : .proceed }
    let task = try PretrainingTask(method, encoder: .unet(width: 4))
    let second = try TrainingLoop(task, on: slices)
    try second.resume(from: policy.url)
    #expect(second.step == 3)
    try second.run()
    #expect(haveSameState(task.learner, whole.learner), "\(Method.name)")
  }

  @Test func theyResumeBitForBit() throws {
    try expectResumesBitForBit(PCLTests.tiny())
    try expectResumesBitForBit(WCLTests.tiny())
    try expectResumesBitForBit(GCLTests.tiny())
    try expectResumesBitForBit(GCLLocalTests.tiny())
    try expectResumesBitForBit(GCLLocalTests.tinyAcross())
    try expectResumesBitForBit(DiRATests.tiny(accumulation: 2))
  }

  @Test func anotherSamplerIsNamedOnResume() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("state")
    try TrainingLoop(PretrainingTask(GCLTests.tiny(), encoder: .unet(width: 4)), on: slices).write(to: url)
    let other = try TrainingLoop(
      PretrainingTask(GCLTests.tiny(), encoder: .unet(width: 4)), on: ArrayDataset(slices),
      sampler: SequentialSampler(count: slices.count))
    let error = #expect(throws: CheckpointError.self) { try other.resume(from: url) }
    #expect(error?.context.contains("sampler") == true)
  }

  private func loss<Method: PretrainingMethod>(
    _ method: Method, _ views: Method.Views
  ) throws -> (Method.Learner, [Float]) {
    let learner = try method.makeLearner(volumeEncoder, key: RandomKey(seed: 4))
    let moment = TrainingMoment(step: 0, totalSteps: 1, key: RandomKey(seed: 1))
    let outcome = try method.evaluate(learner, views, at: moment)
    for loss in outcome.losses { loss.backward() }
    return (learner, outcome.losses.map(\.item))
  }

  /// Views of volumes come later; losses and learners do not mind the number of axes.
  @Test func lossesAndLearnersTakeVolumes() throws {
    let views = testVolumes(8).split(along: 0, count: 2)
    let (pcl, pclLoss) = try loss(PCLTests.tiny(), PlacedViews(views, positions: [0.1, 0.15, 0.6, 0.9]))
    #expect(pclLoss[0].isFinite && pcl.parameters.allSatisfy { $0.gradient != nil })
    let (wcl, wclLoss) = try loss(WCLTests.tiny(), views)
    #expect(wclLoss[0].isFinite && wcl.parameters.allSatisfy { $0.gradient != nil })
    let (gcl, gclLoss) = try loss(GCLTests.tiny(), testVolumes(8))
    #expect(gclLoss[0].isFinite && gcl.parameters.allSatisfy { $0.gradient != nil })
    var local = GCLLocalTests.tiny()
    local.decoderStages = 1
    let (learner, localLoss) = try loss(local, testVolumes(4).split(along: 0, count: 2))
    #expect(localLoss[0].isFinite && learner.regions.negatives.count == 35)
    #expect(learner.encoder.parameters.allSatisfy { $0.gradient == nil })
    #expect(learner.decoder.parameters.allSatisfy { $0.gradient != nil })
    var across = GCLLocalTests.tinyAcross()
    across.decoderStages = 1
    let (_, acrossLoss) = try loss(across, testVolumes(12).split(along: 0, count: 2))
    #expect(acrossLoss[0].isFinite && acrossLoss[0] > 0)
    var dira = DiRATests.tiny()
    dira.adversary?.widths = [3, 4]
    let (_, diraLoss) = try loss(dira, DiRAViews(distorted: views, original: views[0].sigmoid()))
    #expect(diraLoss.count == 2 && diraLoss.allSatisfy(\.isFinite))
  }
}
