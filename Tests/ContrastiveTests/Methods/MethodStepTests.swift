import Contrastive
import NN
import Tensor
import TestSupport
import Testing

/// One step of each compared method agrees with a PyTorch script of its formula, which was written from the paper.
@Suite struct MethodStepTests {
  /// The optimiser of the fixtures.
  private func optimization(_ decayed: DecayedParameters) -> OptimizerRecipe {
    OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-3, decayed: decayed)
  }

  private func expectAgreement<Method: PretrainingMethod>(
    _ name: String, _ method: Method
  ) throws where Method.Views == [Tensor<Float>] {
    let step = try ReferenceStep(name)
    let views = try (1...).prefix { step.values.contains("view\($0)") }.map { try step.view($0) }
    #expect(views.count >= 2)
    try step.expectAgreement(method, testLearner(method, referenceBlueprint), views)
  }

  @Test func moCo() throws {
    var method = MoCo(queueLength: 8)
    method.optimization = optimization(.all)
    (method.queryGroups, method.keyGroups, method.embeddingSize) = (1, 1, 6)
    try expectAgreement("moco", method)
  }

  @Test func swAV() throws {
    var method = SwAV()
    method.optimization = optimization(.all)
    (method.prototypeCount, method.frozenSteps) = (5, 0)
    (method.hiddenFeatures, method.embeddingSize) = (10, 6)
    method.queue = .init(length: 8, startStep: 0)
    try expectAgreement("swav", method)
  }

  @Test func simCLR() throws {
    var method = SimCLR()
    method.optimization = optimization(.weights)
    method.embeddingSize = 6
    try expectAgreement("simclr", method)
  }

  @Test func byol() throws {
    var method = BYOL()
    method.optimization = optimization(.weights)
    method.momentum = TargetMomentum(start: 0.99)
    (method.hiddenFeatures, method.embeddingSize) = (10, 6)
    try expectAgreement("byol", method)
  }

  @Test func simSiam() throws {
    var method = SimSiam()
    method.optimization = optimization(.all)
    (method.predictorFeatures, method.embeddingSize) = (3, 6)
    try expectAgreement("simsiam", method)
  }

  @Test func simTriplet() throws {
    var method = SimTriplet()
    method.optimization = optimization(.all)
    (method.predictorFeatures, method.embeddingSize) = (3, 6)
    try expectAgreement("simtriplet", method)
  }

  @Test func deSD() throws {
    var method = DeSD()
    method.optimization = optimization(.weights)
    method.teacherTemperature = TemperatureRamp(constant: 0.04)
    (method.depths, method.outputs, method.frozenSteps) = (3, 9, 0)
    (method.hiddenFeatures, method.bottleneckFeatures) = (10, 5)
    try expectAgreement("desd", method)
  }
}
