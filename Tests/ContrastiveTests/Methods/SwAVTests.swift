import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SwAVTests {
  /// A network of 4...64 channels; two crops of 32 and one of 16, 4 images a part.
  static func tiny(steps: Int = 6, accumulation: Int = 1) -> SwAV {
    var method = SwAV()
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4, accumulation: accumulation)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4)
    method.prototypeCount = 6
    method.frozenSteps = 2
    method.queue = .init(length: 8, startStep: 1)
    (method.hiddenFeatures, method.embeddingSize) = (16, 8)
    method.views = .crops(
      MultiCrop(
        [.init(count: 2, size: 32, area: 0.3...1), .init(count: 1, size: 16, area: 0.1...0.3)],
        intensity: .simCLR))
    return method
  }

  private func learner(_ method: SwAV) throws -> SwAVLearner {
    method.makeLearner(.unet(width: 4), key: method.recipe.key.stream(for: .weights))
  }

  private func moment(_ step: Int) -> TrainingMoment {
    TrainingMoment(step: step, totalSteps: 6, key: RandomKey(seed: 1))
  }

  @Test func prototypesAreHeldWhileFrozenAndThenMoveOnTheSphere() throws {
    let task = try PretrainingTask(Self.tiny(steps: 3), encoder: .unet(width: 4))
    let prototypes = task.learner.prototypes
    let start = prototypes.weight.value
    let encoder = task.encoder.parameters.map(\.value)
    var history: [Tensor<Float>] = []
    try TrainingLoop(task, on: testSlices(6)).run {
      _ = $0
      history.append(prototypes.weight.value)
      return .proceed
    }
    // Two frozen steps: neither gradient nor decay nor momentum reaches them.
    #expect(history[0].isIdentical(to: start) && history[1].isIdentical(to: start))
    #expect(history[2] != start)
    #expect(history[2].norm(along: 1).maximumAbsoluteDifference(to: Tensor(ones: [6])) <= 1e-6)
    #expect(zip(task.encoder.parameters, encoder).contains { $0.value != $1 })
  }

  /// Six prototypes: four rows are too few, with the full queue of eight there are twelve.
  @Test func prototypesBeyondBatchAndQueueAreWarnedOf() throws {
    func counts(_ change: (inout SwAV) -> Void) throws -> [Int] {
      var method = Self.tiny()
      change(&method)
      var counts: [Int] = []
      try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: testSlices(8)).run {
        counts.append($0.warnings.count { $0.kind == "prototypes beyond rows" })
        return .proceed
      }
      return counts
    }
    // It begins to fill at step 1 and is full behind step 2.
    #expect(try counts { _ in } == [1, 1, 1, 0, 0, 0])
    #expect(try counts { $0.queue = nil } == [1, 1, 1, 1, 1, 1])
    #expect(try counts { ($0.queue, $0.prototypeCount) = (nil, 4) } == [0, 0, 0, 0, 0, 0])
  }

  /// The codes of one row are 1 / K whatever its scores, so that a training on one image says nothing.
  @Test func oneImageHasNoCodes() throws {
    for row in [[0.9, -0.9, 0.1], [-1, 1, 0]] {
      let codes = Sinkhorn().codes(of: Tensor<Double>(rows: [row]))
      #expect(codes.isClose(to: Tensor(repeating: 1 / 3, shape: [1, 3]), absoluteTolerance: 1e-12))
    }
    let error = pretrainingError {
      _ = try TrainingLoop(PretrainingTask(Self.tiny(), encoder: .unet(width: 4)), on: testSlices(1))
    }
    guard case .badSetting("SwAV", "images", "1", _)? = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func prototypesTakeAGradient() throws {
    let method = Self.tiny()
    let learner = try learner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    #expect(views.map(\.shape) == [[4, 32, 32, 1], [4, 32, 32, 1], [4, 16, 16, 1]])
    try method.evaluate(learner, views, at: moment(0)).losses[0].backward()
    #expect(try #require(learner.prototypes.weight.gradient).euclideanNorm > 0)
    try method.willUpdate(learner, at: moment(1))
    #expect(learner.prototypes.weight.gradient == nil)
    #expect(learner.network.parameters.allSatisfy { $0.gradient != nil })
  }

  /// Put in from its start step on, used for codes once it is full.
  @Test func theQueueFillsFromItsStartAndIsUsedOnceFull() throws {
    let method = Self.tiny()
    var without = method
    without.queue = nil
    let (with, plain) = (try learner(method), try learner(without))
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    var same: [Bool] = []
    var counts: [Int] = []
    for step in 0..<4 {
      let losses = try [
        method.evaluate(with, views, at: moment(step)), without.evaluate(plain, views, at: moment(step)),
      ]
      same.append(losses[0].losses[0].item == losses[1].losses[0].item)
      try method.didUpdate(with, at: moment(step))
      try without.didUpdate(plain, at: moment(step))
      counts.append(with.queues[0].enqueuedCount)
    }
    #expect(counts == [0, 4, 8, 12])
    // The third step meets a half-full queue, the fourth a full one. It holds the batch itself twice, which leaves codes as
    // they are but for rounding, so that other rows stand in.
    #expect(Array(same[0..<3]) == [true, true, true])
    for queue in with.queues {
      queue.rows.value = Tensor(rows: (0..<8).map { row in (0..<8).map { $0 == row % 2 ? 1 : 0 } })
    }
    let used = try method.evaluate(with, views, at: moment(4)).losses[0].item
    #expect(abs(used - (try without.evaluate(plain, views, at: moment(4)).losses[0].item)) > 1e-3)
  }

  /// The loss of a batch, put together from its public parts.
  @Test func theLossIsTheSumOfItsParts() throws {
    let method = Self.tiny()
    let learner = try learner(method)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let outcome = try method.evaluate(learner, views, at: moment(0))
    let scores = learner.network.embeddings(of: views.map { Variable($0) }).map {
      learner.prototypes.scores(of: $0).value
    }
    let codes = scores.prefix(2).map { Sinkhorn().codes(of: $0) }
    func cross(_ code: Int, _ crop: Int) -> Double {
      let terms = codes[code] * (scores[crop] / 0.1).logSoftmax(along: 1)
      return -Double(terms.sum().item) / 4
    }
    let expected = ((cross(0, 1) + cross(0, 2)) / 2 + (cross(1, 0) + cross(1, 2)) / 2) / 2
    #expect(abs(Double(outcome.losses[0].item) - expected) <= 1e-4)
    #expect(outcome.terms.map(\.name) == ["loss", "spread", "prototypes"])
    #expect((1...6).contains(outcome.terms[2].value))
  }

  @Test func volumesTrain() throws { try expectTrainsVolumes(Self.tiny(), views: 3) }

  @Test(arguments: [SwAV.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: SwAV) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    let copy = try JSONDecoder().decode(SwAV.self, from: JSONEncoder().encode(method))
    #expect(copy == method)
  }
}
