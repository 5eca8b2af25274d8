import Contrastive
import Foundation
import NN
import Tensor
import Testing

/// Every method in the one loop.
@Suite struct MethodTrainingTests {
  @Test(arguments: [1, 2]) func moCoResumesBitForBit(accumulation: Int) throws {
    var method = MoCoTests.tiny(accumulation: accumulation)
    method.keyGroups = 2
    try expectResumesBitForBit(method)
  }

  @Test(arguments: [1, 2]) func swAVResumesBitForBit(accumulation: Int) throws {
    try expectResumesBitForBit(SwAVTests.tiny(accumulation: accumulation))
  }

  /// The mean loss of the last 20 of 80 steps on slices with disks.
  private func lastLosses<Method: PretrainingMethod>(_ method: Method) throws -> Double {
    var method = method
    method.recipe.steps = 80
    var losses: [Double] = []
    try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 8)), on: diskSlices(48)).run {
      losses.append($0.terms[0].value)
      return .proceed
    }
    return losses.suffix(20).reduce(0, +) / 20
  }

  /// Equal embeddings would cost ln(1 + K) with MoCo and ln K with SwAV.
  @Test func smallPresetsLearnMoreThanACollapsedNetworkKnows() throws {
    #expect(try lastLosses(MoCo.small) < log(33) - 0.1)
    #expect(try lastLosses(SwAV.small) < log(16) - 0.1)
  }

  @Test func theKeysOfAllPartsGoInOnceAnUpdateInOrder() throws {
    let task = try PretrainingTask(MoCoTests.tiny(steps: 1, accumulation: 2), encoder: .unet(width: 4))
    let before = task.learner.queue.rows.value
    try TrainingLoop(task, on: testSlices(8)).run()
    #expect(task.learner.queue.enqueuedCount == 8)
    #expect(task.learner.queue.rows.value.sliced(along: 0, 8...) == before.sliced(along: 0, 8...))

    let swAV = try PretrainingTask(SwAVTests.tiny(steps: 3, accumulation: 2), encoder: .unet(width: 4))
    try TrainingLoop(swAV, on: testSlices(8)).run()
    #expect(swAV.learner.queues.map(\.enqueuedCount) == [16, 16], "from step 1 on")
  }

  @Test func checkpointsNameWhatIsLearned() throws {
    let moCo = try PretrainingTask(MoCoTests.tiny(), encoder: .unet(width: 4)).learner.state().entries
    for name in [
      "encoder.stages.0.conv1.weight", "projector.fc2.bias", "target.encoder.center.conv2.bias",
      "target.encoder.stages.0.norm1.running_mean", "target.projector.fc1.weight", "queue.rows",
      "queue.enqueued",
    ] { #expect(moCo[name] != nil, "\(name)") }
    let swAV = try PretrainingTask(SwAVTests.tiny(), encoder: .unet(width: 4)).learner.state().entries
    for name in ["projector.norm1.running_var", "prototypes.weight", "queues.0.rows", "queues.1.enqueued"] {
      #expect(swAV[name] != nil, "\(name)")
    }
  }

  @Test func anotherSettingIsNamedOnResume() throws {
    let url = temporaryCheckpoint()
    defer { try? FileManager.default.removeItem(at: url) }
    let method = MoCoTests.tiny()
    try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: testSlices(10)).write(to: url)
    var other = method
    other.temperature = 0.3
    let loop = try TrainingLoop(PretrainingTask(other, encoder: .unet(width: 4)), on: testSlices(10))
    do {
      try loop.resume(from: url)
      Issue.record("a training with another temperature resumed")
    } catch {
      #expect("\(error)".contains("settings.values.temperature is 0.2"), "\(error)")
      #expect("\(error)".contains("0.3"), "\(error)")
    }
  }

  @Test func moreStepsAreTheOneChangeThatResumes() throws {
    let url = temporaryCheckpoint()
    defer { try? FileManager.default.removeItem(at: url) }
    try TrainingLoop(PretrainingTask(SwAVTests.tiny(steps: 6), encoder: .unet(width: 4)), on: testSlices(10))
      .write(to: url)
    let longer = try TrainingLoop(
      PretrainingTask(SwAVTests.tiny(steps: 12), encoder: .unet(width: 4)), on: testSlices(10))
    #expect(throws: CheckpointError.self) { try longer.resume(from: url) }
    try longer.resume(from: url, policy: .withOtherSteps)
  }

  @Test func scratchIsTheEncoderAtTheWeightsOfItsSeed() throws {
    let task = try PretrainingTask(Scratch(seed: 7), encoder: .unet(width: 4))
    #expect(try TrainingLoop(task, on: testSlices(2)).run() == .finished)
    var method = MoCoTests.tiny()
    method.recipe.seed = 7
    let other = try PretrainingTask(method, encoder: .unet(width: 4))
    #expect(haveSameState(task.encoder, other.encoder))
    let third = try PretrainingTask(Scratch(seed: 8), encoder: .unet(width: 4))
    #expect(!haveSameState(task.encoder, third.encoder))
    var training = Scratch()
    training.recipe.steps = 3
    #expect(
      pretrainingError { _ = try PretrainingTask(training, encoder: .unet(width: 4)) }?.description.contains(
        "recipe.steps = 3") == true)
  }
}
