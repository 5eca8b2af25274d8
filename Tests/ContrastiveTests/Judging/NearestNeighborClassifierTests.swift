import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct NearestNeighborClassifierTests {
  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) throws {
    let classifier = NearestNeighborClassifier(neighborCount: 3)
    let votes = try classifier.classify(
      methodRows(6..<8, as: type), bank: methodRows(0..<6, as: type), labels: Tensor([0, 0, 1, 1, 2, 2]),
      classCount: 3)
    #expect(votes.neighbors == Tensor([5, 4, 0, 5, 0, 1], shape: [2, 3]))
    let expected = [
      0.0013212040159857586, 0, 149381.54315453378, 7.020964246962936, 0, 149.15459032434387,
    ]
    for (value, expected) in zip(votes.scores.scalars, expected) { expectClose(value, expected, type) }
    #expect(votes.labels == Tensor([2, 2]))
    #expect(votes.accuracy(of: Tensor([2, 0])) == 0.5)
    #expect(votes.accuracy(of: Tensor([2, 9]), ignoring: 9) == 1)
    #expect(votes.accuracy(of: Tensor([9, 9]), ignoring: 9).isNaN)
  }

  @Test func itIsTheReference() throws {
    try expectReferences(Double.self)
    try expectReferences(Float.self)
  }

  /// More than one block of 256 queries, against every cosine by itself.
  @Test func itIsTheFormula() throws {
    let (queries, bank) = (testRows([300, 6]), testRows([40, 6], seed: 8))
    let labels = (0..<40).map { $0 % 4 }
    let classifier = NearestNeighborClassifier(neighborCount: 7, temperature: 0.2)
    let votes = try classifier.classify(
      queries, bank: bank, labels: Tensor(labels.map(Int32.init)), classCount: 5)
    let (q, x) = (unit(arrays(queries)), unit(arrays(bank)))
    for query in 0..<300 {
      let cosines = x.map { dot(q[query], $0) }
      let order = cosines.indices.sorted { cosines[$0] > cosines[$1] }.prefix(7)
      var scores = [Double](repeating: 0, count: 5)
      for j in order { scores[labels[j]] += exp(cosines[j] / 0.2) }
      #expect(votes.neighbors[query].scalars.map(Int.init) == Array(order))
      for (own, expected) in zip(votes.scores[query].scalars, scores) {
        #expect(abs(own - expected) < 1e-10 * max(1, expected))
      }
      #expect(Int(votes.labels[query].item) == scores.indices.max { scores[$0] < scores[$1] })
    }
  }

  /// Equal cosines: the lowest index; equal scores: the lowest class.
  @Test(arguments: [3, 50, 301]) func tiesGoToTheLowestIndex(_ count: Int) throws {
    let row = testRows([1, 33], seed: 4)
    for rows in [Tensor<Float>(converting: row), Tensor(converting: row * 1e3)] {
      let bank = Tensor(concatenating: [Tensor<Float>](repeating: rows, count: count), along: 0)
      let labels = Tensor<Int32>((0..<count).map { Int32(1 - $0 % 2) })
      let votes = try NearestNeighborClassifier(neighborCount: 2).classify(
        rows, bank: bank, labels: labels, classCount: 2)
      #expect(votes.neighbors == Tensor([0, 1], shape: [1, 2]))
      #expect(votes.labels == Tensor([0]))
    }
  }

  @Test func aSmallBankVotesWithAllRows() throws {
    let votes = try NearestNeighborClassifier(neighborCount: 200).classify(
      testRows([4, 3]), bank: testRows([5, 3], seed: 8), labels: Tensor([0, 1, 0, 1, 0]), classCount: 2)
    #expect(votes.neighbors.shape == [4, 5])
  }

  /// The exponential overflows: the winner is known all the same.
  @Test func aLowTemperatureStillHasAWinner() throws {
    let bank = Tensor<Double>(rows: [[1, 0], [1, 0.1], [0, 1]])
    let votes = try NearestNeighborClassifier(neighborCount: 3, temperature: 1e-4).classify(
      Tensor(rows: [[1, 0.09], [0.1, 1]]), bank: bank, labels: Tensor([0, 1, 2]), classCount: 3)
    #expect(votes.labels == Tensor([1, 2]))
    #expect(!votes.scores[0].scalars.contains { $0.isNaN })
  }

  /// Queries may be maps of pixels.
  @Test func mapsKeepTheirAxes() throws {
    let (maps, bank) = (testRows([2, 3, 4, 5]), testRows([6, 5], seed: 8))
    let labels = Tensor<Int32>([0, 1, 2, 0, 1, 2])
    let classifier = NearestNeighborClassifier(neighborCount: 3)
    let votes = try classifier.classify(maps, bank: bank, labels: labels, classCount: 3)
    let rows = try classifier.classify(
      maps.reshaped([24, 5]), bank: bank, labels: labels, classCount: 3)
    #expect(votes.labels == rows.labels.reshaped([2, 3, 4]))
    #expect(votes.scores.shape == [2, 3, 4, 3] && votes.neighbors.shape == [2, 3, 4, 3])
  }

  /// A row's scale changes nothing; one without length has the cosine 0.
  @Test func rowsHaveNoScale() throws {
    let bank = Tensor<Float>(converting: testRows([6, 4]))
    let queries = Tensor<Float>(converting: testRows([5, 4], seed: 8))
    let labels = Tensor<Int32>([0, 1, 2, 0, 1, 2])
    let classifier = NearestNeighborClassifier(neighborCount: 4)
    let plain = try classifier.classify(queries, bank: bank, labels: labels, classCount: 3)
    let scaled = try classifier.classify(
      queries * 0x1p60, bank: bank * 0x1p-20, labels: labels, classCount: 3)
    #expect(plain == scaled)
    let zero = try classifier.classify(Tensor(zeros: [1, 4]), bank: bank, labels: labels, classCount: 3)
    #expect(zero.neighbors == Tensor([0, 1, 2, 3], shape: [1, 4]))
  }

  @Test func badDataAreRefused() throws {
    let (rows, labels) = (testRows([3, 2]), Tensor<Int32>([0, 1, 0]))
    let classifier = NearestNeighborClassifier()
    var broken = rows
    broken.withUnsafeMutableBufferPointer { $0[3] = .nan }
    #expect(throws: FeatureError(.featuresAreNotFinite(count: 1))) {
      try classifier.classify(broken, bank: rows, labels: labels, classCount: 2)
    }
    #expect(throws: FeatureError(.featuresAreNotFinite(count: 1))) {
      try classifier.classify(rows, bank: broken, labels: labels, classCount: 2)
    }
    #expect(throws: FeatureError(.labelIsNoClass(label: 1, place: 1, count: 1, classes: 1))) {
      try classifier.classify(rows, bank: rows, labels: labels, classCount: 1)
    }
    #expect(throws: FeatureError(.noFeatures)) {
      try classifier.classify(rows, bank: Tensor(zeros: [0, 2]), labels: Tensor(zeros: [0]), classCount: 1)
    }
    let none = try classifier.classify(
      Tensor(zeros: [0, 2]), bank: rows, labels: labels, classCount: 2)
    #expect(none.labels.shape == [0] && none.neighbors.shape == [0, 3])
  }
}
