import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct SinkhornTests {
  private func scores<Scalar: TensorFloatingPointScalar>(_ rows: Range<Int>, as type: Scalar.Type) -> Tensor<
    Scalar
  > {
    unitMethodRows(rows, as: type).matmul(unitMethodRows(30..<33), transposing: .right)
  }

  private func expectReference<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    let expected: [Double] = [
      3.7111457856745705e-07, 2.0897325992337054e-05, 0.9999787315594291,
      0.1813869333996187, 0.019572023990670123, 0.7990410426097112,
      0.9548466790110627, 0.03622407600326199, 0.008929244985675319,
      0.12047337214645974, 0.8327735063292367, 0.04675312152430344,
    ]
    let codes = Sinkhorn().codes(of: scores(0..<4, as: type))
    let difference = Tensor<Double>(converting: codes)
      .maximumAbsoluteDifference(to: Tensor(expected, shape: [4, 3]))
    #expect(difference <= (Scalar.self == Double.self ? 1e-9 : 1e-4), "\(Scalar.self): \(codes)")
  }

  @Test func codesAreTheReference() {
    expectReference(Double.self)
    expectReference(Float.self)
  }

  /// The iteration as the paper writes it, on probabilities.
  private func plainCodes(_ scores: Tensor<Double>, iterations: Int) -> Tensor<Double> {
    let (samples, prototypes) = (Double(scores.shape[0]), Double(scores.shape[1]))
    var plain = (scores / 0.05).exp()
    plain /= plain.sum()
    for _ in 0..<iterations {
      plain /= plain.sum(along: 0).expanded(at: 0) * prototypes
      plain /= plain.sum(along: 1).expanded(at: 1) * samples
    }
    return plain * samples
  }

  /// Of scores that lie near one another, and of such that are taken on logarithms.
  @Test(arguments: [1, 3, 10], [4.0, 1]) func codesAreThePlainIteration(iterations: Int, divisor: Double) {
    let scores = testRows([7, 5]) / divisor
    #expect(((scores.max() - scores.min()).item > 70 * 0.05) == (divisor == 1))
    let codes = Sinkhorn(iterations: iterations).codes(of: scores)
    #expect(codes.maximumAbsoluteDifference(to: plainCodes(scores, iterations: iterations)) <= 1e-12)
  }

  /// 16 samples for each prototype, and 16 prototypes for each sample: nothing grows from round to round, in 32 bits neither.
  @Test(arguments: [[64, 4], [4, 64]]) func manyRoundsStayFinite(_ shape: [Int]) {
    let scores = testRows(TensorShape(shape)) / 4
    let codes = Sinkhorn(iterations: 100).codes(of: Tensor<Float>(converting: scores))
    let expected = plainCodes(scores, iterations: 100)
    #expect(Tensor<Double>(converting: codes).isClose(to: expected, absoluteTolerance: 1e-4), "\(codes[0])")
  }

  @Test func samplesSumToOneAndPrototypesInTheLimitAlike() {
    let scores = testRows([12, 4]) / 4
    let few = Sinkhorn().codes(of: scores)
    #expect((few.sum(along: 1) - 1).maximumAbsoluteDifference(to: Tensor(zeros: [12])) <= 1e-12)
    let many = Sinkhorn(iterations: 500).codes(of: scores)
    #expect((many.sum(along: 0) - 3).maximumAbsoluteDifference(to: Tensor(zeros: [4])) <= 1e-6)
  }

  @Test func equalScoresAreSharedAlike() {
    let codes = Sinkhorn().codes(of: Tensor<Float>(repeating: 0.7, shape: [6, 4]))
    #expect(codes.maximumAbsoluteDifference(to: Tensor(repeating: 0.25, shape: [6, 4])) <= 1e-6)
  }

  /// `exp(1 / .001)` is above every Float, `exp(-2 / .001)` below: neither may be seen.
  @Test func smallEpsilonAndLargeScoresStayFinite() {
    let scores = Tensor<Float>(rows: [[1, -1, -1], [1, -1, -1], [-1, 1, -1]])
    for shift: Float in [0, 1000] {
      let codes = Sinkhorn(epsilon: 0.001).codes(of: scores + shift)
      #expect(codes.isFinite().all())
      #expect((codes.sum(along: 1) - 1).maximumAbsoluteDifference(to: Tensor(zeros: [3])) <= 1e-5)
    }
  }

  @Test func queuedRowsShareButGetNoCodes() {
    let (batch, queued) = (scores(0..<4, as: Double.self), scores(40..<44, as: Double.self))
    let codes = Sinkhorn().codes(of: batch, queued: queued)
    let all = Sinkhorn().codes(of: Tensor(concatenating: [queued, batch], along: 0))
    #expect(codes.isIdentical(to: all.sliced(along: 0, 4...)))
    #expect(codes.maximumAbsoluteDifference(to: Sinkhorn().codes(of: batch)) > 1e-3)
  }

  @Test func noSamplesHaveNoCodes() {
    #expect(Sinkhorn().codes(of: Tensor<Float>(zeros: [0, 3])).shape == [0, 3])
  }
}
