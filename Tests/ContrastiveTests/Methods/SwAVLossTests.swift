import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct SwAVLossTests {
  private func loss<Scalar: TensorFloatingPointScalar>(
    _ crops: [Range<Int>], queues: [Range<Int>] = [], _ type: Scalar.Type
  ) -> Double {
    let prototypes = Prototypes<Scalar>(methodRows(30..<33))
    let scores = crops.map { prototypes.scores(of: Variable(unitMethodRows($0, as: type))) }
    let codes = (0..<2).map { crop in
      Sinkhorn().codes(
        of: scores[crop].value,
        queued: queues.isEmpty
          ? nil : prototypes.scores(of: Variable(unitMethodRows(queues[crop], as: type))).value)
    }
    return Double(SwAVLoss()(scores, codes: codes).item)
  }

  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    for (crops, queues, expected) in [
      ([0..<4, 4..<8], [], 7.398425325851116), ([0..<4, 4..<8, 16..<20], [], 6.086405107224308),
      ([0..<4, 4..<8], [40..<44, 44..<48], 9.13263594259833),
    ] as [([Range<Int>], [Range<Int>], Double)] {
      let value = loss(crops, queues: queues, type)
      #expect(abs(value - expected) <= tolerance(of: expected, type), "\(type): \(value)")
    }
  }

  @Test func itIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let points = [testRows([4, 5]), testRows([4, 5], seed: 8), testRows([4, 5], seed: 9)].map { $0 / 4 }
    let codes = points.prefix(2).map { Sinkhorn().codes(of: $0) }
    let result = checkGradient(at: points) { SwAVLoss()($0, codes: codes) }
    #expect(result.passes, "\(result)")
  }

  /// Through unit embeddings and prototypes, the codes held.
  @Test func gradientsReachEmbeddingsAndPrototypes() {
    let points = [testRows([4, 3]), testRows([4, 3], seed: 8), testRows([5, 3], seed: 9)]
    let codes = [10, 11].map { Sinkhorn().codes(of: testRows([4, 5], seed: $0)) }
    let result = checkGradient(at: points) { leaves in
      SwAVLoss(temperature: 0.5)(
        (0..<2).map { leaves[$0].matmul(leaves[2], transposing: .right) }, codes: codes)
    }
    #expect(result.passes, "\(result)")
  }

  @Test func equalEmbeddingsCostTheLogarithmOfThePrototypes() {
    let scores = Variable(Tensor<Double>(repeating: 0.3, shape: [4, 512]))
    let codes = Sinkhorn().codes(of: scores.value)
    #expect(abs(SwAVLoss()([scores, scores], codes: [codes, codes]).item - log(512)) <= 1e-9)
  }

  private func expectLargeScoresKeepTheirLogarithm<Scalar: TensorFloatingPointScalar>(_ size: Scalar) throws {
    let scores = (0..<2).map { _ in leaf(Tensor<Scalar>(repeating: size, shape: [4, 8])) }
    let code = Tensor<Scalar>([1, 0, 0, 0, 0, 0, 0, 0]).expanded(at: 0).repeated(4, along: 0)
    let loss = SwAVLoss()(scores, codes: [code, code])
    loss.backward()
    expectClose(Double(loss.item), log(8), Scalar.self, "scores of \(size)")
    // (1/8 - q) / T, a quarter for each image, half for each crop.
    let expected = (1 / 8 - code) * (10 / 8)
    #expect(
      try #require(scores[0].gradient).isClose(to: expected, absoluteTolerance: 1e-5), "scores of \(size)")
  }

  /// What all scores of an image share leaves no trace, whatever digits it takes.
  @Test func largeScoresKeepTheirLogarithm() throws {
    for size: Float in [1, 1e4, 1e8, 1e20] { try expectLargeScoresKeepTheirLogarithm(size) }
    for size: Double in [1, 1e16, 1e200] { try expectLargeScoresKeepTheirLogarithm(size) }
  }

  /// A crop is never predicted from itself: with codes of one crop, its own scores do not count.
  @Test func aCropDoesNotPredictItself() throws {
    let (own, other) = (leaf(testRows([4, 5])), leaf(testRows([4, 5], seed: 8)))
    SwAVLoss()([own, other], codes: [Sinkhorn().codes(of: own.value)]).backward()
    #expect(own.gradient == nil || own.gradient?.euclideanNorm == 0)
    #expect(try #require(other.gradient).euclideanNorm > 0)
  }

  /// Weights 2, 0, 1 are the batch in which image 0 stands twice and image 1 is missing, with its codes.
  @Test func weightsCountImages() throws {
    let scores = [testRows([3, 5]), testRows([3, 5], seed: 8), testRows([3, 5], seed: 9)]
    let codes = [10, 11].map { Sinkhorn().codes(of: testRows([3, 5], seed: $0)) }
    func loss(_ places: [Int], _ weights: Tensor<Double>?) -> (Double, [Tensor<Double>?]) {
      let leaves = scores.map { leaf($0.gathered(at: places)) }
      let value = SwAVLoss()(leaves, codes: codes.map { $0.gathered(at: places) }, weights: weights)
      value.backward()
      return (value.item, leaves.map(\.gradient))
    }
    let (weighted, gradients) = loss([0, 1, 2], Tensor([2, 0, 1]))
    let (repeated, others) = loss([0, 0, 2], nil)
    #expect(abs(weighted - repeated) <= 1e-12)
    for (gradient, other) in zip(gradients, others) {
      let (gradient, other) = (try #require(gradient), try #require(other))
      #expect(gradient[0].isClose(to: other[0] + other[1], absoluteTolerance: 1e-12))
      #expect(gradient[1].euclideanNorm == 0)
      #expect(gradient[2].isClose(to: other[2], absoluteTolerance: 1e-12))
    }
    #expect(abs(loss([0, 1, 2], nil).0 - loss([0, 1, 2], Tensor([7, 7, 7])).0) <= 1e-12)
    #expect(loss([0, 1, 2], Tensor(zeros: [3])).0 == 0)
  }

  @Test func oneCropStops() async {
    await #expect(processExitsWith: .failure) {
      let scores = Variable(Tensor<Double>(zeros: [2, 3]))
      _ = SwAVLoss()([scores], codes: [Sinkhorn().codes(of: scores.value)])
    }
  }
}
