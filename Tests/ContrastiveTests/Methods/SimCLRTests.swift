import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SimCLRTests {
  /// A network of 4...64 channels on patches of 32, 4 images a part.
  static func tiny(steps: Int = 6, accumulation: Int = 1) -> SimCLR {
    var method = SimCLR()
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4, accumulation: accumulation)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4, decayed: .weights)
    method.embeddingSize = 8
    method.views = .varied(VariedViews(patchSize: 32))
    return method
  }

  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    for (temperature, expected) in [(0.1, 17.521249554042058), (0.5, 4.298113817283705)] {
      let loss = NTXentLoss(temperature: temperature)(
        Variable(methodRows(0..<4, as: type)), Variable(methodRows(4..<8)))
      #expect(abs(Double(loss.item) - expected) <= tolerance(of: expected, type), "\(type): \(loss.item)")
    }
  }

  @Test func theLossIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  /// The released code has 35.042499108084115 where the paper's mean is 17.521249554042058.
  @Test func theReleasedScaleIsTwiceThePapers() throws {
    #expect(abs(2 * 17.521249554042058 - 35.042499108084115) <= 1e-12)
    let (paper, views) = (Self.tiny(), try Self.tiny().views(of: testSlices(4), key: RandomKey(seed: 2)))
    var released = paper
    released.lossScale = .sumOfViews
    let learner = try testLearner(paper)
    let losses = try [paper, released].map {
      try $0.evaluate(learner, views, at: testMoment(0)).losses[0].item
    }
    #expect(losses[1] == 2 * losses[0])
    let outcome = try paper.evaluate(learner, views, at: testMoment(0))
    #expect(outcome.terms.map(\.name) == ["loss", "similarity", "spread"])
  }

  /// The loss is that of the projections, both views in one pass.
  @Test func theViewsPassTogether() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let loss = try method.evaluate(learner, views, at: testMoment(0)).losses[0].item
    let joined = learner.projections(of: Variable(Tensor(concatenating: views, along: 0))).value
    let together = NTXentLoss(temperature: 0.1)(Variable(joined[0..<4]), Variable(joined[4..<8])).item
    let apart = views.map { learner.projections(of: Variable($0)) }
    #expect(abs(loss - together) <= 1e-4)
    #expect(abs(loss - NTXentLoss(temperature: 0.1)(apart[0], apart[1]).item) > 1e-3)
  }

  @Test func gradientsFlowThroughBothViews() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    try method.evaluate(learner, views, at: testMoment(0)).losses[0].backward()
    #expect(learner.parameters.allSatisfy { $0.gradient != nil })
    let (first, second) = (leaf(testRows([4, 3])), leaf(testRows([4, 3], seed: 8)))
    NTXentLoss()(first, second).backward()
    for rows in [first, second] { #expect(try #require(rows.gradient).euclideanNorm > 0) }
  }

  /// Two layers in v1, three in v2, each without bias and with a norm, the last of which has no shift.
  @Test(arguments: [2, 3]) func theReleasedHeadIsMadeOfLayers(layers: Int) throws {
    var method = Self.tiny()
    method.projector = .normalized(layers: layers)
    let names = try testLearner(method).projector.namedParameters.map(\.name)
    let expected = (1..<layers).flatMap { ["fc\($0).weight", "norm\($0).weight", "norm\($0).bias"] }
    #expect(names == expected + ["fc\(layers).weight", "norm\(layers).weight"])
  }

  /// The group's table has 5.24 M parameters for SimCLR: encoder and two linear layers of 512.
  @Test func theGroupsHeadHasTheParametersOfTheirTable() throws {
    let learner = try testLearner(SimCLR.groupProtocol(imageCount: 100), .unet(width: 32))
    #expect(learner.projector.parameterCount == 525_312)
    #expect(learner.parameterCount == 5_238_880)
  }

  @Test func biasesAndNormsDoNotDecay() throws {
    let method = Self.tiny()
    let groups = method.objectives(of: try testLearner(method))[0].groups
    #expect(groups.map(\.weightDecay) == [nil, 0])
    #expect(groups[0].parameters.allSatisfy { $0.parameter.shape.rank > 1 } && !groups[0].parameters.isEmpty)
    #expect(groups[1].parameters.allSatisfy { $0.parameter.shape.rank == 1 } && !groups[1].parameters.isEmpty)
  }

  @Test func volumesTrain() throws { try expectTrainsVolumes(Self.tiny()) }

  @Test(arguments: [SimCLR.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: SimCLR) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    let copy = try JSONDecoder().decode(SimCLR.self, from: JSONEncoder().encode(method))
    #expect(copy == method)
  }
}
