import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct MoCoTests {
  /// A network of 4...64 channels on patches of 32, 4 images a part.
  static func tiny(steps: Int = 6, accumulation: Int = 1, queueLength: Int = 16) -> MoCo {
    var method = MoCo(queueLength: queueLength, momentum: 0.9)
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4, accumulation: accumulation)
    method.embeddingSize = 8
    (method.queryGroups, method.keyGroups) = (1, 1)
    method.views = .varied(VariedViews(patchSize: 32))
    return method
  }

  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) throws {
    let queries = Variable(unitMethodRows(0..<4, as: type))
    let keys = Variable(unitMethodRows(4..<8, as: type))
    let queue = EmbeddingQueue<Scalar>(length: 8, features: 3)
    try queue.enqueue(unitMethodRows(24..<32))
    func expectLoss(_ temperature: Double, _ expected: Double) {
      let loss = InfoNCELoss(temperature: temperature)(
        queries: queries, keys: keys, negatives: Variable(queue.rows.value))
      #expect(abs(Double(loss.item) - expected) <= tolerance(of: expected, type), "\(type): \(loss.item)")
    }
    expectLoss(0.2, 10.110470048462258)
    expectLoss(0.07, 27.22594101955675)
    try queue.enqueue(keys.value)
    #expect(queue.rows.value.sliced(along: 0, 0..<4) == keys.value)
    expectLoss(0.2, 9.502277487505111)
  }

  /// Two steps with the same queries and keys: the keys of the first are negatives of the second.
  @Test func twoStepsAreTheReference() throws {
    try expectReferences(Double.self)
    try expectReferences(Float.self)
  }

  @Test func theQueueIsTheNegatives() throws {
    let method = Self.tiny()
    let learner = method.makeLearner(.unet(width: 4), key: method.recipe.key.stream(for: .weights))
    let moment = TrainingMoment(step: 0, totalSteps: 6, key: RandomKey(seed: 1))
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let before = learner.queue.rows.value
    let first = try method.evaluate(learner, views, at: moment)
    #expect(learner.queue.rows.value == before, "keys wait for the update")
    let keys = learner.target(views[1])
    try method.didUpdate(learner, at: moment)
    #expect(learner.queue.rows.value.sliced(along: 0, 0..<4) == keys)
    #expect(learner.queue.rows.value.sliced(along: 0, 4...) == before.sliced(along: 0, 4...))
    let second = try method.evaluate(learner, views, at: moment)
    // A query's own key is a negative now, too: -log(1/2) at the least.
    #expect(second.losses[0].item > 0.69)
    #expect(second.losses[0].item != first.losses[0].item)
    #expect(second.terms.map(\.name) == ["loss", "accuracy", "spread"])
    #expect(second.terms[1].value == 0, "no key is nearer than itself")
  }

  @Test func gradientsFlowThroughQueriesAlone() throws {
    let method = Self.tiny()
    let learner = method.makeLearner(.unet(width: 4), key: method.recipe.key.stream(for: .weights))
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    try method.evaluate(learner, views, at: TrainingMoment(step: 0, totalSteps: 6, key: RandomKey(seed: 1)))
      .losses[0].backward()
    #expect(learner.online.parameters.allSatisfy { $0.gradient != nil })
    #expect(learner.target.parameters.allSatisfy { $0.gradient == nil && $0.isFrozen })
    let moved = method.objectives(of: learner)[0].groups.flatMap(\.parameters).map(\.name)
    #expect(moved == learner.online.namedParameters.map(\.name))
  }

  @Test func theAverageMovesAsTheFormulaSays() throws {
    let task = try PretrainingTask(Self.tiny(steps: 1), encoder: .unet(width: 4))
    let start = task.learner.online.parameters.map(\.value)
    try TrainingLoop(task, on: testSlices(6)).run()
    for ((old, online), target) in zip(
      zip(start, task.learner.online.parameters), task.learner.target.parameters)
    {
      let expected = old * 0.9 + online.value * 0.1
      #expect(target.value.maximumAbsoluteDifference(to: expected) <= 1e-6)
    }
    let heads = zip(start, task.learner.online.parameters).map { $0 != $1.value }
    #expect(heads.contains(true))
  }

  /// The released code averages before it makes keys, and enqueues before the step: four updates in both orders give the same
  /// weights, keys and queue.
  @Test func theOrderOfTheReleasedCodeGivesTheSameTraining() throws {
    let method = Self.tiny()
    let key = method.recipe.key.stream(for: .weights)
    let (ours, theirs) = (
      method.makeLearner(.unet(width: 4), key: key), method.makeLearner(.unet(width: 4), key: key)
    )
    let optimizers = [ours, theirs].map {
      Optimizer($0.online, .sgd(), learningRate: 0.05, weightDecay: 1e-4)
    }
    for step in 0..<4 {
      let moment = TrainingMoment(step: step, totalSteps: 4, key: RandomKey(seed: 1))
      let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2).at(step: step))
      ours.zeroGradients()
      try method.evaluate(ours, views, at: moment).losses[0].backward()
      try optimizers[0].step()
      try method.didUpdate(ours, at: moment)

      theirs.zeroGradients()
      let queries = theirs.online(Variable(views[0]))
      theirs.target.follow(theirs.online, momentum: 0.9)
      let keys = theirs.target(views[1])
      let loss = InfoNCELoss(temperature: 0.2)(
        queries: queries, keys: Variable(keys), negatives: Variable(theirs.queue.rows.value))
      try theirs.queue.enqueue(keys)
      loss.backward()
      try optimizers[1].step()
    }
    theirs.target.follow(theirs.online, momentum: 0.9)
    for (a, b) in zip(ours.parameters, theirs.parameters) {
      #expect(a.value.maximumAbsoluteDifference(to: b.value) <= 1e-5)
    }
    #expect(ours.queue.rows.value.maximumAbsoluteDifference(to: theirs.queue.rows.value) <= 1e-5)
  }

  /// Keys in groups: those of a group depend on its images alone, and they come back in the order of the images.
  @Test func keysOfGroupsComeBackInOrder() throws {
    var method = Self.tiny()
    method.keyGroups = 4
    let learner = method.makeLearner(.unet(width: 4), key: method.recipe.key.stream(for: .weights))
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let moment = TrainingMoment(step: 0, totalSteps: 6, key: RandomKey(seed: 1))
    _ = try method.evaluate(learner, views, at: moment)
    // Groups of one image: each key is that of its image alone, whatever the shuffle.
    let alone = views[1].split(along: 0, count: 4).map { learner.target($0) }
    try method.didUpdate(learner, at: moment)
    let keys = learner.queue.rows.value.sliced(along: 0, 0..<4)
    #expect(keys.maximumAbsoluteDifference(to: Tensor(concatenating: alone, along: 0)) <= 1e-5)
    #expect(keys.maximumAbsoluteDifference(to: learner.target(views[1])) > 1e-3)
  }

  /// Layers without biases, a norm behind each, the last of which learns nothing: the outputs have mean 0 and variance 1 over
  /// the batch, in the network and in its average.
  @Test(arguments: [2, 3]) func theNormalizedProjectorIsThatOfV3(layers: Int) throws {
    var method = Self.tiny()
    method.projector = .normalized(layers: layers)
    let learner = method.makeLearner(.unet(width: 4), key: RandomKey(seed: 5))
    let images = try Variable(method.views(of: testSlices(4), key: RandomKey(seed: 2))[0])
    let expected = (1..<layers).flatMap { ["fc\($0).weight", "norm\($0).weight", "norm\($0).bias"] }
    for network in [learner.online, learner.target.network] {
      #expect(network.projector.namedParameters.map(\.name) == expected + ["fc\(layers).weight"])
      let rows = withoutGradient { network.projections(of: images).value }
      #expect(rows.mean(along: 0).maximumAbsoluteDifference(to: Tensor(zeros: [8])) <= 1e-5)
      #expect(rows.squared().mean(along: 0).maximumAbsoluteDifference(to: Tensor(ones: [8])) <= 1e-2)
    }
    #expect(learner.target.parameters.allSatisfy { $0.isFrozen })
  }

  @Test func theProjectorIsASettingByName() throws {
    #expect(MoCo().projector == .plain && DiRA().projector == .plain)
    let json = Data(#"{"projector": {"normalized": {"layers": 3}}}"#.utf8)
    let moCo = try Self.tiny().replacingSettings(from: json)
    #expect(moCo.projector == .normalized(layers: 3))
    #expect(try JSONDecoder().decode(MoCo.self, from: JSONEncoder().encode(moCo)) == moCo)
    let diRA = try DiRATests.tiny().replacingSettings(from: json)
    #expect(diRA.projector == .normalized(layers: 3))
    #expect(try JSONDecoder().decode(DiRA.self, from: JSONEncoder().encode(diRA)) == diRA)
    let names = diRA.makeLearner(.unet(width: 4), key: RandomKey(seed: 5)).contrast.target.network.projector
      .namedParameters.map(\.name)
    #expect(names.contains("norm1.weight"), "\(names)")
  }

  @Test func volumesTrain() throws { try expectTrainsVolumes(Self.tiny()) }

  @Test(arguments: [MoCo.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: MoCo) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    let copy = try JSONDecoder().decode(MoCo.self, from: JSONEncoder().encode(method))
    #expect(copy == method)
  }
}
