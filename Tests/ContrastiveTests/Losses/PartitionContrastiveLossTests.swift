import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct PartitionContrastiveLossTests {
  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    for (pairs, rows, expected) in [
      (.acrossVolumes, 0..<16, 12.591552801267499), (.acrossVolumesAsReleased, 0..<16, 49.48632165340058),
      (.withinVolume, 0..<12, 24.801028783289983),
    ] as [(PartitionPairs, Range<Int>, Double)] {
      let value = PartitionContrastiveLoss(pairs: pairs)(Variable(methodRows(rows, as: type)), parts: 2).item
      #expect(abs(Double(value) - expected) <= tolerance(of: expected, type), "\(type), \(pairs): \(value)")
    }
  }

  @Test func itIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  /// Rows of an anchor's own part are in no denominator, of whichever volume or view.
  @Test func rowsOfTheSamePartAreNoNegatives() {
    // One group of 2 volumes of 2 parts: rows 0, 2, 4, 6 are of part 0. Without part 1 nothing repels them.
    let alike = Tensor<Double>(rows: (0..<8).map { row in row % 2 == 0 ? [1, 0, 0] : [0, 1, 0] })
    let apart = PartitionContrastiveLoss()(Variable(alike), parts: 2).item
    #expect(
      abs(apart - log(1 + 4 * exp(-10))) <= 1e-12,
      "the four rows of the other part, at cosine 0, and no other")
    let same = PartitionContrastiveLoss()(Variable(Tensor<Double>(ones: [8, 3])), parts: 2).item
    #expect(abs(same - log(5)) <= 1e-12, "all rows equal: the positive and the four of the other part")
    // NT-Xent of the same rows, by contrast, pushes images of one part apart.
    let instance = NTXentLoss()(
      Variable(alike.sliced(along: 0, 0..<4)), Variable(alike.sliced(along: 0, 4..<8))
    ).item
    #expect(instance > log(2))
  }

  @Test(arguments: [
    PartitionPairs.acrossVolumes, .withinVolume, .acrossVolumesAsReleased,
  ])
  func gradientsAgreeWithFiniteDifferences(pairs: PartitionPairs) {
    let points = [testRows([24, 4])]
    let result = checkGradient(at: points) {
      PartitionContrastiveLoss(temperature: 0.5, pairs: pairs)($0[0], parts: 2)
    }
    #expect(result.passes, "\(result)")
  }

  /// Groups are independent in their pairs: two groups of the same volumes have the mean of both.
  @Test func theMeanRunsOverTheTermsAndTheReleasedSumOverRows() {
    let rows = testRows([8, 4])
    let twice = Variable(Tensor(concatenating: [rows, rows], along: 0))
    let once = Variable(rows)
    let loss = PartitionContrastiveLoss(temperature: 1)
    // Each negative is there twice: log(p + 2 n) against log(p + n), which lies between 0 and ln 2.
    let difference = loss(twice, parts: 2).item - loss(once, parts: 2).item
    #expect(difference > 0 && difference < log(2))
    #expect(PartitionContrastiveLoss()(Variable(Tensor<Double>(zeros: [0, 4])), parts: 2).item == 0)
  }

  @Test func zeroRowsRepelNobodyInfinitely() throws {
    let rows = leaf(testRows([8, 4]) * Tensor<Double>(rows: (0..<8).map { row in [row == 3 ? 0 : 1] }))
    PartitionContrastiveLoss()(rows, parts: 2).backward()
    let gradient = try #require(rows.gradient)
    #expect(gradient.isFinite().all())
    #expect(gradient[3].euclideanNorm == 0)
  }

  @Test func rowsThatAreNoGroupsStop() async {
    await #expect(processExitsWith: .failure) {
      _ = PartitionContrastiveLoss()(Variable(testRows([12, 3])), parts: 2)
    }
  }
}
