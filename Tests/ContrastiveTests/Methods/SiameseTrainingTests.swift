import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

/// SimCLR, BYOL, SimSiam, SimTriplet and DeSD in the one loop.
@Suite struct SiameseTrainingTests {
  @Test(arguments: [1, 2]) func simCLRResumesBitForBit(accumulation: Int) throws {
    try expectResumesBitForBit(SimCLRTests.tiny(accumulation: accumulation))
  }

  @Test(arguments: [1, 2]) func byolResumesBitForBit(accumulation: Int) throws {
    try expectResumesBitForBit(BYOLTests.tiny(accumulation: accumulation))
  }

  @Test(arguments: [1, 2]) func simSiamResumesBitForBit(accumulation: Int) throws {
    try expectResumesBitForBit(SimSiamTests.tiny(accumulation: accumulation))
  }

  @Test(arguments: [1, 2]) func simTripletResumesBitForBit(accumulation: Int) throws {
    try expectResumesBitForBit(
      SimTripletTests.tiny(accumulation: accumulation), on: SimTripletTests.slices(10))
  }

  @Test(arguments: [1, 2]) func deSDResumesBitForBit(accumulation: Int) throws {
    try expectResumesBitForBit(DeSDTests.tiny(accumulation: accumulation))
  }

  /// Of two parts, the center moves once, towards the mean of both.
  @Test func theCenterMovesOnceAnUpdate() throws {
    let method = DeSDTests.tiny(accumulation: 2)
    let learner = try testLearner(method)
    var outputs: [Tensor<Float>] = []
    for part in 0..<2 {
      let views = try method.views(of: testSlices(4), key: RandomKey(seed: UInt64(part)))
      let moment = TrainingMoment(step: 0, totalSteps: 6, part: part, key: RandomKey(seed: 1))
      _ = try method.evaluate(learner, views, at: moment)
      let images = Variable(Tensor(concatenating: views, along: 0))
      outputs.append(learner.teacher.run { $0.projections(of: images).value })
    }
    try method.didUpdate(learner, at: testMoment(0))
    let expected = Tensor(concatenating: outputs, along: 0).mean(along: 0) * 0.1
    #expect(learner.center.mean.value.maximumAbsoluteDifference(to: expected) <= 1e-6)
    #expect(expected.euclideanNorm > 1e-3)
  }

  @Test func checkpointsNameWhatIsLearned() throws {
    let state = { (learner: any Module<Float>) in Set(learner.state().entries.keys) }
    let simCLR = try state(testLearner(SimCLRTests.tiny()))
    #expect(simCLR.isSuperset(of: ["encoder.center.conv2.bias", "projector.norm3.running_var"]))
    let byol = try state(testLearner(BYOLTests.tiny()))
    #expect(
      byol.isSuperset(of: [
        "projector.fc2.weight", "predictor.norm1.running_mean", "target.encoder.stages.0.norm1.running_mean",
        "target.projector.fc1.bias",
      ]))
    #expect(!byol.contains { $0.hasPrefix("target.predictor") })
    let siamese = try state(testLearner(SimSiamTests.tiny()))
    #expect(siamese.isSuperset(of: ["projector.norm3.running_mean", "predictor.fc2.bias"]))
    #expect(!siamese.contains("projector.norm3.weight") && !siamese.contains { $0.hasPrefix("target") })
    let deSD = try state(testLearner(DeSDTests.tiny()))
    #expect(
      deSD.isSuperset(of: [
        "center.mean", "heads.0.perceptron.fc1.weight", "heads.1.last.weight", "projector.last.weight",
        "target.projector.last.weight", "target.encoder.center.conv1.weight",
      ]))
  }

  /// Every method begins with the encoder of its seed, so that a comparison begins alike.
  @Test func encodersBeginAlike() throws {
    let scratch = try PretrainingTask(Scratch(seed: 7), encoder: .unet(width: 4)).encoder
    var (simCLR, byol, simSiam) = (SimCLRTests.tiny(), BYOLTests.tiny(), SimSiamTests.tiny())
    var (simTriplet, deSD) = (SimTripletTests.tiny(), DeSDTests.tiny())
    (simCLR.recipe.seed, byol.recipe.seed, simSiam.recipe.seed) = (7, 7, 7)
    (simTriplet.recipe.seed, deSD.recipe.seed) = (7, 7)
    let encoders: [any FeatureEncoder<Float>] = [
      try testLearner(simCLR).encoder, try testLearner(byol).encoder, try testLearner(simSiam).encoder,
      try testLearner(simTriplet).encoder, try testLearner(deSD).encoder,
    ]
    for encoder in encoders { #expect(haveSameState(encoder, scratch)) }
  }
}
