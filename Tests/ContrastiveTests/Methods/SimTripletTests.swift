import Autograd
import Contrastive
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SimTripletTests {
  static func tiny(steps: Int = 6, accumulation: Int = 1) -> SimTriplet {
    var method = SimTriplet()
    method.recipe = TrainingRecipe(steps: steps, batchSize: 4, accumulation: accumulation)
    method.optimization = OptimizerRecipe(.sgd(), rate: 0.05, weightDecay: 1e-4)
    (method.predictorFeatures, method.embeddingSize) = (4, 8)
    method.view = .varied(VariedViews(count: 1, patchSize: 32))
    return method
  }

  /// Two volumes of constant slices that are their own index, in a mixed order.
  private func indexSlices(_ count: Int = 5, side: Int = 32) -> [PretrainingImage] {
    (0..<2 * count).map { index in
      let place = index / 2
      return PretrainingImage(
        Tensor(repeating: Float(index), shape: [side, side, 1]), position: Double(place + 1) / Double(count),
        volume: index % 2)
    }
  }

  /// Noise slices of one volume, with their neighbours.
  static func slices(_ count: Int) throws -> NeighboringSlices<ArrayDataset<PretrainingImage>> {
    try NeighboringSlices(
      testSlices(count).enumerated().map { index, slice in
        PretrainingImage(slice.image, position: Double(index + 1) / Double(count), volume: 3)
      })
  }

  private func expectReference<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    func rows(_ range: Range<Int>) -> Variable<Scalar> { Variable(methodRows(range)) }
    let (z, p) = (
      [rows(0..<4), rows(4..<8), rows(16..<20)], [rows(8..<12), rows(12..<16), rows(20..<24)]
    )
    let distance = NegativeCosineLoss.simSiam
    var loss = Variable<Scalar>(Tensor(0))
    for (first, second) in [(0, 1), (1, 0), (0, 2), (2, 0)] {
      loss = loss + distance(p[first], targets: z[second]) / 2
    }
    let expected = 0.37830434526604323
    #expect(abs(Double(loss.item) - expected) <= tolerance(of: expected, type), "\(type): \(loss.item)")
  }

  @Test func theLossIsTheReference() {
    expectReference(Double.self)
    expectReference(Float.self)
  }

  /// The loss of a step is that of the formula over its three views.
  @Test func theLossIsTheSumOfItsPairs() throws {
    let method = Self.tiny()
    let learner = try testLearner(method)
    let images = try Self.slices(4)
    let views = try method.views(of: (0..<4).map { try images.element(at: $0) }, key: RandomKey(seed: 2))
    let outcome = try method.evaluate(learner, views, at: testMoment(0))
    let z = views.map { learner.network.projections(of: Variable($0)).value }
    let p = z.map { learner.predictor(Variable($0)).value }
    func distance(_ a: Int, _ b: Int) -> Double {
      Double(NegativeCosineLoss()(Variable(p[a]), targets: Variable(z[b])).item)
    }
    let (neighbor, same) = (
      (distance(0, 1) + distance(1, 0)) / 2, (distance(0, 2) + distance(2, 0)) / 2
    )
    #expect(outcome.terms.map(\.name) == ["loss", "neighbor", "same", "spread"])
    #expect(abs(outcome.terms[0].value - neighbor - same) <= 1e-4)
    #expect(abs(outcome.terms[1].value - neighbor) <= 1e-4 && abs(outcome.terms[2].value - same) <= 1e-4)
  }

  // MARK: Neighbours

  @Test func slicesKnowThoseBesideThemInTheirVolume() throws {
    let slices = try NeighboringSlices(indexSlices())
    #expect(slices.count == 10)
    for index in 0..<10 {
      let image = try slices.element(at: index)
      #expect(image.image[0, 0, 0] == Float(index))
      // The volume's slices are every other index; at its edges a slice is its own neighbour.
      let expected = [index - 2, index + 2].map { (0..<10).contains($0) ? Float($0) : Float(index) }
      #expect(image.neighbors.map { $0[0, 0, 0] } == expected)
    }
  }

  /// View 2 is of a neighbour, views 1 and 3 of the slice; each of two neighbours comes up, and the draw is the key's.
  @Test func theSecondViewIsOfANeighbour() throws {
    var method = Self.tiny()
    var still = VariedAugmentation()
    (still.mirrorProbability, still.warpProbability) = (0, 0)
    method.view = .varied(VariedViews(count: 1, patchSize: 32, augmentation: still))
    let slices = try NeighboringSlices(indexSlices())
    let images = try (0..<10).map { try slices.element(at: $0) }
    var drawn = [Set<Float>](repeating: [], count: 10)
    for step in 0..<20 {
      let key = RandomKey(seed: 7).at(step: step)
      let views = try method.views(of: images, key: key)
      #expect(views.map(\.shape) == [TensorShape](repeating: [10, 32, 32, 1], count: 3))
      for index in 0..<10 {
        let values = views.map { $0[index].max().item }
        #expect(values[0] == Float(index) && values[2] == Float(index))
        drawn[index].insert(values[1])
      }
      let again = try method.views(of: images, key: key)
      #expect(zip(views, again).allSatisfy { $0.isIdentical(to: $1) })
    }
    for index in 0..<10 { #expect(drawn[index] == Set(images[index].neighbors.map { $0[0, 0, 0] })) }
  }

  @Test func volumesWithoutNeighboursAreRefusedByName() throws {
    let bare = pretrainingError {
      _ = try TrainingLoop(PretrainingTask(Self.tiny(), encoder: .unet(width: 4)), on: testSlices(8))
    }
    guard case .badSetting("SimTriplet", "images[0].neighbors", "[]", _)? = bare?.code else {
      Issue.record("\(String(describing: bare))")
      return
    }
    let lonely = indexSlices() + [PretrainingImage(Tensor(zeros: [32, 32, 1]), position: 1, volume: 9)]
    guard
      case .badSetting("SimTriplet", "volume 9", "1 slice", _)? = pretrainingError({
        _ = try NeighboringSlices(lonely)
      })?.code
    else {
      Issue.record("a volume of one slice has neighbours")
      return
    }
    for (image, field) in [
      (PretrainingImage(Tensor(zeros: [32, 32, 1]), position: 0.5), "images[10].volume"),
      (PretrainingImage(Tensor(zeros: [32, 32, 1]), volume: 1), "images[10].position"),
    ] {
      guard
        case .badSetting("SimTriplet", field, "nil", _)? = pretrainingError({
          _ = try NeighboringSlices(indexSlices() + [image])
        })?.code
      else {
        Issue.record("\(field) is not refused")
        continue
      }
    }
    var other = try NeighboringSlices(indexSlices()).element(at: 4)
    other.neighbors[0] = Tensor(zeros: [32, 16, 1])
    let images = [other, other, other, other]
    let error = pretrainingError {
      _ = try TrainingLoop(PretrainingTask(Self.tiny(), encoder: .unet(width: 4)), on: images)
    }
    guard case .badSetting("SimTriplet", "images[0].neighbors", "[32, 16, 1]", _)? = error?.code else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test func theHeadsAreTheReleasedOnes() throws {
    let learner = try testLearner(Self.tiny())
    let layers = (1...3).flatMap { ["fc\($0).weight", "fc\($0).bias", "norm\($0).weight", "norm\($0).bias"] }
    #expect(learner.network.projector.namedParameters.map(\.name) == layers)
    #expect(
      learner.predictor.namedParameters.map(\.name) == [
        "fc1.weight", "fc1.bias", "norm1.weight", "norm1.bias", "fc2.weight", "fc2.bias",
      ])
  }

  @Test func volumesTrain() throws { try expectTrainsVolumes(Self.tiny(), views: 3) }

  @Test(arguments: [SimTriplet.original, .small, .groupProtocol(imageCount: 17_525)])
  func presetsFitTheirEncoderAndSurviveJSON(method: SimTriplet) throws {
    #expect(try method.fitted(to: unetDescription()) == method)
    let copy = try JSONDecoder().decode(SimTriplet.self, from: JSONEncoder().encode(method))
    #expect(copy == method)
  }
}
