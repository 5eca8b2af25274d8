import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct AlignmentUniformityLossTests {
  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    let (a, b) = (Variable(methodRows(0..<4, as: type)), Variable(methodRows(4..<8, as: type)))
    let loss = AlignmentUniformityLoss()
    expectClose(Double(loss.alignment(a, b).item), 3.8256778594626666, type, "alignment")
    expectClose(Double(loss.uniformity(a).item), -1.3027429385759572, type, "uniformity of view 1")
    expectClose(Double(loss.uniformity(b).item), -1.4991267566778692, type, "uniformity of view 2")
    expectClose(Double(loss(a, b).item), 3.8256778594626666 - 1.4009348476269132, type, "both")
    expectClose(embeddingAlignment(a.value, b.value), 3.8256778594626666, type, "as a figure")
    expectClose(embeddingUniformity(a.value), -1.3027429385759572, type, "as a figure")
  }

  @Test func itIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  private func naive(_ a: [[Double]], _ b: [[Double]], alpha: Double, t: Double, weights: [Double]) -> Double
  {
    let (a, b) = (unit(a), unit(b))
    func uniformity(_ rows: [[Double]]) -> Double {
      var terms: [Double] = []
      for i in rows.indices {
        for j in i + 1..<rows.count { terms.append(exp(-t * squaredDistance(rows[i], rows[j]))) }
      }
      return log(mean(terms))
    }
    let distances = zip(a, b).map { pow(squaredDistance($0, $1).squareRoot(), alpha) }
    let alignment = zip(distances, weights).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
    return 0.7 * alignment + 1.5 * (uniformity(a) + uniformity(b)) / 2
  }

  /// 2 rows, and more of them than a tile has.
  @Test(arguments: [2, 7, 300]) func itIsTheFormula(_ count: Int) {
    let (a, b) = (testRows([count, 5]), testRows([count, 5], seed: 8))
    let weights = (0..<count).map { Double($0 % 3 + 1) }
    for (alpha, t) in [(2.0, 2.0), (1, 5), (3.5, 0.1)] {
      let loss = AlignmentUniformityLoss(
        exponent: alpha, concentration: t, alignmentWeight: 0.7, uniformityWeight: 1.5)
      expectClose(
        loss(Variable(a), Variable(b), weights: Tensor(weights)).item,
        naive(arrays(a), arrays(b), alpha: alpha, t: t, weights: weights), Double.self, "\(alpha), \(t)")
    }
  }

  @Test(arguments: [(2.0, 2.0), (1, 3), (3, 0.5)]) func gradientsAgreeWithFiniteDifferences(
    _ alpha: Double, _ t: Double
  ) {
    let loss = AlignmentUniformityLoss(exponent: alpha, concentration: t)
    let result = checkGradient(at: [testRows([6, 4]), testRows([6, 4], seed: 8)]) {
      loss($0[0], $0[1], weights: Tensor([1, 2, 0, 1, 1, 3]))
    }
    #expect(result.passes, "\(result)")
  }

  @Test func gradientsOverSeveralBlocksAgree() {
    let loss = AlignmentUniformityLoss(concentration: 4)
    let result = checkGradient(at: [testRows([270, 3])]) { loss.uniformity($0[0]) }
    #expect(result.passes, "\(result)")
  }

  /// By tiles, over several of them; at 50 with a maximum of each row.
  @Test(arguments: [2.0, 50]) func inFloatItIsTheSame(_ t: Double) throws {
    let loss = AlignmentUniformityLoss(concentration: t)
    let (wide, narrow) = (leaf(testRows([300, 5])), leaf(Tensor<Float>(converting: testRows([300, 5]))))
    let (expected, value) = (loss.uniformity(wide), loss.uniformity(narrow))
    expected.backward()
    value.backward()
    #expect(abs(Double(value.item) - expected.item) <= 2e-5)
    let (gradient, own) = (try #require(wide.gradient), try #require(narrow.gradient))
    #expect(
      Tensor<Double>(converting: own).maximumAbsoluteDifference(to: gradient) <= 1e-4 * gradient.euclideanNorm
    )
  }

  /// Repulsions far below the smallest number still have a logarithm.
  @Test func aHighConcentrationKeepsItsDigits() {
    let rows = Tensor<Double>(rows: [[1, 0], [-1, 0]])
    #expect(abs(embeddingUniformity(rows, concentration: 1e4) + 4e4) < 1e-9)
  }

  /// Wang and Isola's own bound: equal rows are the least uniform.
  @Test func equalRowsAreTheLeastUniform() throws {
    for value in [1.0, 1e20, 1e-6] {
      let rows = leaf(Tensor<Double>(repeating: value, shape: [5, 3]))
      let loss = AlignmentUniformityLoss().uniformity(rows)
      loss.backward()
      #expect(abs(loss.item) < 1e-12)
      #expect(try #require(rows.gradient).euclideanNorm * value < 1e-12)
    }
  }

  /// As in every contrastive loss |u - v|^2 is 2 - 2 cos; the alignment takes the difference itself, where it is 1.
  @Test func aRowOfZerosIsAtRightAnglesToAll() throws {
    let rows = leaf(Tensor<Double>(rows: [[0, 0], [1, 0]]))
    let loss = AlignmentUniformityLoss().uniformity(rows)
    loss.backward()
    #expect(abs(loss.item + 4) <= 1e-12)
    #expect(try #require(rows.gradient).euclideanNorm == 0)
    let others = Variable(Tensor<Double>(rows: [[0, 3], [1, 0]]))
    #expect(abs(AlignmentUniformityLoss().alignment(rows, others).item - 0.5) <= 1e-12)
  }

  private func expectNoSlopeAtTheKink<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) throws {
    let rows = Tensor<Scalar>(converting: testRows([30, 40]))
    let (first, second) = (leaf(rows), leaf(rows))
    let loss = AlignmentUniformityLoss(exponent: 1).alignment(first, second)
    loss.backward()
    #expect(loss.item == 0, "\(type)")
    #expect(try #require(first.gradient).euclideanNorm == 0, "\(type): \(first.gradient?.euclideanNorm ?? 0)")
    #expect(try #require(second.gradient).euclideanNorm == 0, "\(type)")
    #expect(NegativeCosineLoss.byol(first, targets: second).item == 0, "\(type)")
  }

  @Test func pairsOfEqualRowsHaveNoSlopeAtTheKink() throws {
    try expectNoSlopeAtTheKink(Double.self)
    try expectNoSlopeAtTheKink(Float.self)
  }
}
