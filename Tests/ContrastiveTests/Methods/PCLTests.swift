import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct PCLTests {
  /// A network of 4...64 channels on patches of 32, 4 images a part.
  static func tiny(_ positives: SlicePositives = .position(threshold: 0.1), steps: Int = 6) -> PCL {
    var method = PCL(positives: positives)
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.01, weightDecay: 1e-5)
    method.views = .varied(VariedViews(patchSize: 32))
    return method
  }

  private func loss<Scalar: TensorFloatingPointScalar>(
    _ positives: SlicePositives, _ positions: [Double?], base: Double?, _ type: Scalar.Type
  ) -> Double {
    let loss = SupervisedContrastiveLoss(.init(0.1, base: base))
    return Double(
      loss(Variable(methodRows(0..<8, as: type)), positives: positives.mask(positions: positions)).item)
  }

  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    let positions: [Double?] = [0.05, 0.12, 0.5, 0.9]
    // Parts 1, 1, 2, 3 of four.
    let parts: [Double?] = [0.1, 0.25, 0.3, 0.75]
    for (positives, positions, base, expected) in [
      (.position(threshold: 0.1), positions, nil, 14.407373028807502),
      (.position(threshold: 0.1), positions, 0.07, 20.581961469725005),
      (.parts(4), parts, nil, 14.407373028807502), (.parts(4), parts, 0.07, 20.581961469725005),
      (.image, positions, nil, 17.521249554042058), (.image, [nil, nil, nil, nil], nil, 17.521249554042058),
    ] as [(SlicePositives, [Double?], Double?, Double)] {
      let value = loss(positives, positions, base: base, type)
      #expect(abs(value - expected) <= tolerance(of: expected, type), "\(type), \(positives): \(value)")
    }
  }

  @Test func itIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  @Test func slicesAtTheSamePlaceAreNoNegatives() {
    let near: [Double?] = [0.5, 0.55, 0.9]
    let mask = SlicePositives.position(threshold: 0.1).mask(positions: near)
    #expect(mask[0, 1] && mask[0, 3] && mask[0, 4], "of both views")
    #expect(!mask[0, 0] && !mask[0, 2] && !mask[0, 5])
    // The limit is strict, in binary as on paper.
    let limit: [Double?] = [0.1, 0.2, 0.3]
    #expect(
      SlicePositives.position(threshold: 0.1).mask(positions: limit)
        == SlicePositives.image.mask(positions: limit))
    // Pulling near slices together lowers PCL's loss and raises NT-Xent's.
    let apart = Tensor<Double>(rows: [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]])
    let together = Tensor<Double>(rows: [
      [1, 0, 0], [1, 0.2, 0], [0, 0, 1], [1, 0, 0], [1, 0.2, 0], [0, 0, 1],
    ])
    func loss(_ rows: Tensor<Double>, _ positives: SlicePositives) -> Double {
      SupervisedContrastiveLoss(.init(0.1, base: nil))(
        Variable(rows), positives: positives.mask(positions: near)
      )
      .item
    }
    #expect(loss(together, .position(threshold: 0.1)) < loss(apart, .position(threshold: 0.1)) - 1)
    #expect(loss(together, .image) > loss(apart, .image) + 0.3)
  }

  /// The factor T / T0 is in front of the method's own loss: .1 / .05 doubles what is the paper's without it.
  @Test func theFactorIsInFrontOfTheLoss() throws {
    func loss(base: Double?) throws -> Double {
      var method = Self.tiny(.image)
      (method.temperature, method.baseTemperature) = (0.1, base)
      let task = try PretrainingTask(method, encoder: .unet(width: 4))
      let views = try task.method.views(of: testSlices(4), key: RandomKey(seed: 1))
      return try task.method.evaluate(task.learner, views, at: testMoment(0)).terms[0].value
    }
    let paper = try loss(base: nil)
    #expect(abs(try loss(base: 0.05) / paper - 2) <= 1e-6)
  }

  @Test func theVariantsTrainAndPositionsAreAskedForWhereTheyMatter() throws {
    let placed = placedSlices(volumes: 2, slices: 5)
    for positives in [SlicePositives.position(threshold: 0.3), .parts(4), .image] {
      var terms: [[LossTerm]] = []
      try TrainingLoop(
        PretrainingTask(Self.tiny(positives, steps: 2), encoder: .unet(width: 4)), on: placed
      ).run {
        terms.append($0.terms)
        return .proceed
      }
      #expect(terms.count == 2 && terms[0].map(\.name) == ["loss", "positives", "spread"])
      if positives == .image { #expect(terms[0][1].value == 1) } else { #expect(terms[0][1].value >= 1) }
    }
    let unplaced = testSlices(6)
    try TrainingLoop(PretrainingTask(Self.tiny(.image, steps: 1), encoder: .unet(width: 4)), on: unplaced)
      .run()
    let error = pretrainingError {
      _ = try TrainingLoop(PretrainingTask(Self.tiny(), encoder: .unet(width: 4)), on: unplaced)
    }
    #expect(
      error?.description.hasPrefix("PCL: images[0].position = nil") == true, "\(String(describing: error))")
  }

  @Test(arguments: [PCL.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: PCL) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    #expect(try JSONDecoder().decode(PCL.self, from: JSONEncoder().encode(method)) == method)
  }
}
