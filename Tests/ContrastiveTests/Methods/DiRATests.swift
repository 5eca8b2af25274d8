import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct DiRATests {
  static func tiny(steps: Int = 6, accumulation: Int = 1) -> DiRA {
    var method = DiRA()
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4, accumulation: accumulation)
    method.adversary?.widths = [4, 8, 8]
    (method.queueLength, method.momentum, method.embeddingSize) = (16, 0.9, 8)
    (method.queryGroups, method.keyGroups) = (1, 1)
    method.views = .crops(MultiCrop([.init(count: 2, size: 32, area: 0.3...1)], intensity: .moCo))
    return method
  }

  private let moment = TrainingMoment(step: 0, totalSteps: 6, key: RandomKey(seed: 1))

  @Test func eachObjectiveMovesItsOwn() throws {
    let method = Self.tiny()
    let learner = method.makeLearner(.unet(width: 4), key: RandomKey(seed: 5))
    let judge = try #require(learner.discriminator)
    let views = try method.views(of: testSlices(4), key: RandomKey(seed: 2))
    let objectives = method.objectives(of: learner)
    #expect(objectives.map(\.name) == ["generator", "discriminator"])
    let names = objectives.map { $0.groups.flatMap(\.parameters).map(\.name) }
    #expect(names[1].allSatisfy { $0.hasPrefix("discriminator.conv") } && names[1].count == 8)
    #expect(names[0].allSatisfy { !$0.hasPrefix("discriminator.") && !$0.hasPrefix("target.") })
    #expect(names[0].contains("restorer.head.weight") && names[0].contains("encoder.center.conv1.weight"))

    try method.evaluate(learner, views, at: moment).losses[1].backward()
    #expect(learner.encoder.parameters.allSatisfy { $0.gradient == nil }, "stopped at the restored image")
    #expect(learner.restorer.parameters.allSatisfy { $0.gradient == nil })
    #expect(judge.parameters.contains { ($0.gradient?.euclideanNorm ?? 0) > 0 })
    learner.zeroGradients()
    try method.evaluate(learner, views, at: moment).losses[0].backward()
    #expect(learner.encoder.parameters.allSatisfy { $0.gradient != nil })
    #expect(learner.restorer.parameters.allSatisfy { $0.gradient != nil })
    #expect(learner.contrast.target.parameters.allSatisfy { $0.gradient == nil })
  }

  /// With the generator's rate next to 0 the discriminator alone moves, and the reverse.
  @Test func stepsOfOneLeaveTheOther() throws {
    for still in ["generator", "discriminator"] {
      var method = Self.tiny(steps: 2)
      let idle = OptimizerRecipe(.sgd(momentum: .none), rate: 1e-30)
      if still == "generator" { method.optimization = idle } else { method.adversary?.optimization = idle }
      let task = try PretrainingTask(method, encoder: .unet(width: 4))
      let start = task.learner.namedParameters.map { ($0.name, $0.parameter.value) }
      try TrainingLoop(task, on: testSlices(6)).run()
      for ((name, before), parameter) in zip(start, task.learner.parameters)
      where !name.hasPrefix("target.") {
        let isJudge = name.hasPrefix("discriminator.")
        let mayMove = !parameter.isFrozen && isJudge == (still == "generator")
        if !mayMove {
          #expect(
            parameter.value.isClose(to: before, absoluteTolerance: 1e-24), "\(still) still: \(name) moved")
        }
      }
      #expect(
        zip(start, task.learner.parameters).contains {
          !$1.value.isClose(to: $0.1, absoluteTolerance: 1e-9)
        })
    }
  }

  @Test func theFirstStageHasNoDiscriminatorAndItsLearnerLoadsIntoTheSecond() throws {
    var method = Self.tiny(steps: 2)
    method.adversary = nil
    let first = try PretrainingTask(method, encoder: .unet(width: 4))
    #expect(first.learner.discriminator == nil && first.objectives.map(\.name) == ["generator"])
    try TrainingLoop(first, on: testSlices(6)).run()
    let second = try PretrainingTask(Self.tiny(), encoder: .unet(width: 4))
    let report = try second.learner.load(first.learner.state(), policy: .matching)
    #expect(report.unexpected.isEmpty && report.missing.allSatisfy { $0.hasPrefix("discriminator.") })
    #expect(haveSameState(second.learner.restorer, first.learner.restorer))
  }

  @Test func theOriginalIsMirroredWithItsView() throws {
    var method = Self.tiny()
    method.distortion = .none
    method.views = .crops(
      MultiCrop([.init(count: 2, size: 32, area: 1...1, ratio: 1...1)], mirrorProbability: 1, intensity: nil))
    let slices = testSlices(3, height: 32, width: 32)
    let views = try method.views(of: slices, key: RandomKey(seed: 2))
    for (index, slice) in slices.enumerated() {
      let (least, most) = (slice.image.min().item, slice.image.max().item)
      let mirrored = (slice.image.flipped(along: 1) - least) / (most - least)
      #expect(views.original[index].maximumAbsoluteDifference(to: mirrored) <= 1e-5)
      let view = views.distorted[0][index]
      #expect(view.maximumAbsoluteDifference(to: slice.image.flipped(along: 1)) <= 1e-5)
    }
    #expect(views.original.min().item == 0 && views.original.max().item == 1)
    method.target = .unmirroredAsReleased
    let released = try method.views(of: slices, key: RandomKey(seed: 2))
    #expect(released.distorted[0] == views.distorted[0])
    #expect(released.original == views.original.flipped(along: 2))
  }

  @Test func theOriginalHasNeitherJitterNorDistortion() throws {
    let method = Self.tiny()
    var plain = method
    plain.distortion = .none
    let (views, undistorted) = (
      try method.views(of: testSlices(8), key: RandomKey(seed: 2)),
      try plain.views(of: testSlices(8), key: RandomKey(seed: 2))
    )
    #expect(views.original == undistorted.original)
    #expect(views.distorted[0] != undistorted.distorted[0])
    let flat = try method.views(
      of: [PretrainingImage(Tensor(repeating: 3, shape: [40, 40, 1]))], key: RandomKey(seed: 2))
    #expect(flat.original == Tensor(zeros: [1, 32, 32, 1]))
  }

  @Test func theDecoderLowersItsRestorationError() throws {
    var method = Self.tiny(steps: 60)
    method.recipe.batchSize = 8
    var errors: [Double] = []
    try TrainingLoop(PretrainingTask(method, encoder: .unet(width: 4)), on: diskSlices(24, side: 64)).run {
      errors.append($0.terms[2].value)
      return .proceed
    }
    let (first, last) = (errors.prefix(10).reduce(0, +), errors.suffix(10).reduce(0, +))
    #expect(last < 0.7 * first, "\(errors)")
  }

  @Test(arguments: [DiRA.original, .originalFirstStage, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: DiRA) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    #expect(try JSONDecoder().decode(DiRA.self, from: JSONEncoder().encode(method)) == method)
  }
}
