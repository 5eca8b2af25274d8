import Autograd
import Contrastive
import Tensor
import TestSupport
import Testing

@Suite struct TripletLossTests {
  private let labels = Tensor<Int32>([0, 0, 1, 1, 0, 0, 1, 1])

  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    for (mining, expected, count) in [
      (TripletLoss.Mining.all, 0.740312848525679, 68), (.hard, 0.7583812349504341, 66),
      (.semihard, 0.14405609650876866, 2), (.batchHard, 1.374598085335535, 8),
    ] {
      let (loss, active) = TripletLoss(mining: mining).evaluate(
        Variable(methodRows(0..<8, as: type)), labels: labels)
      expectClose(Double(loss.item), expected, type, "\(mining)")
      #expect(active == count, "\(mining) \(type)")
    }
  }

  @Test func itIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  /// Every triplet by itself, with the number of those that cost something.
  private func naive(
    _ rows: [[Double]], _ labels: [Int32], _ loss: TripletLoss, weights: [Double]
  ) -> (loss: Double, active: Int) {
    let rows = unit(rows)
    func distance(_ i: Int, _ j: Int) -> Double {
      let square = squaredDistance(rows[i], rows[j])
      return loss.distance == .euclidean ? square.squareRoot() : square
    }
    var (sum, divisor, active) = (0.0, 0.0, 0)
    for a in rows.indices {
      let positives = rows.indices.filter { $0 != a && labels[$0] == labels[a] }
      let negatives = rows.indices.filter { labels[$0] != labels[a] }
      if loss.mining == .batchHard {
        guard let far = positives.map({ distance(a, $0) }).max(),
          let near = negatives.map({ distance(a, $0) }).min()
        else { continue }
        let cost = max(0, far - near + loss.margin)
        (sum, divisor) = (sum + weights[a] * cost, divisor + weights[a])
        active += cost > 0 ? 1 : 0
        continue
      }
      for p in positives {
        for n in negatives {
          let (own, other) = (distance(a, p), distance(a, n))
          let counts =
            switch loss.mining {
            case .hard: other <= own
            case .semihard: own < other && other <= own + loss.margin
            default: true
            }
          guard counts, own - other + loss.margin > 0 else { continue }
          (sum, divisor) = (sum + weights[a] * (own - other + loss.margin), divisor + weights[a])
          active += 1
        }
      }
    }
    return (divisor > 0 ? sum / divisor : 0, active)
  }

  private static let variants: [TripletLoss] =
    [TripletLoss.Mining.all, .semihard, .hard, .batchHard].flatMap { mining in
      [TripletLoss.Distance.euclidean, .squaredEuclidean].map {
        TripletLoss(margin: 0.3, mining: mining, distance: $0)
      }
    }

  @Test(arguments: variants) func itIsTheFormula(_ loss: TripletLoss) {
    for (count, classes, seed) in [(12, 3, 7), (17, 5, 8), (9, 9, 9), (6, 1, 10)] {
      let rows = testRows([count, 4], seed: UInt64(seed))
      let labels = (0..<count).map { Int32(($0 * 7 + $0 / 3) % classes) }
      let weights = (0..<count).map { Double($0 % 4) / 2 }
      let plain = loss.evaluate(Variable(rows), labels: Tensor(labels))
      let expected = naive(arrays(rows), labels, loss, weights: [Double](repeating: 1, count: count))
      #expect(abs(plain.loss.item - expected.loss) <= 1e-12, "\(loss), \(count) rows")
      #expect(plain.activeCount == expected.active, "\(loss), \(count) rows")
      let weighted = loss(Variable(rows), labels: Tensor(labels), weights: Tensor(weights)).item
      let reference = naive(arrays(rows), labels, loss, weights: weights).loss
      #expect(abs(weighted - reference) <= 1e-12, "\(loss), \(count) rows, weighted")
    }
  }

  @Test(arguments: variants) func gradientsAgreeWithFiniteDifferences(_ loss: TripletLoss) {
    // The divisor jumps where a triplet begins to cost: small steps do not meet such a place.
    var generator = SplitMix64(seed: 1)
    let check = GradientCheck(step: 1e-5)
    let result = check.run(at: [testRows([10, 4], seed: 3)], using: &generator) {
      loss($0[0], labels: Tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 0]), weights: Tensor((1...10).map(Double.init)))
    }
    #expect(result.passes, "\(loss): \(result)")
  }

  /// Rows so near that the product of the rows has none of their distance's digits.
  @Test func nearRowsKeepTheirDigits() {
    let base = testRows([1, 4])
    let rows = Tensor(concatenating: [base, base + testRows([7, 4], seed: 5) * 1e-7], along: 0)
    let labels: [Int32] = [0, 1, 0, 1, 0, 1, 0, 1]
    for mining in [TripletLoss.Mining.all, .batchHard] {
      let loss = TripletLoss(margin: 1e-7, mining: mining)
      let expected = naive(arrays(rows), labels, loss, weights: [Double](repeating: 1, count: 8)).loss
      let variable = leaf(rows)
      let value = loss(variable, labels: Tensor(labels))
      #expect(abs(value.item - expected) <= 1e-7 * 1e-6, "\(mining): \(value.item), \(expected)")
    }
    // The slope of a distance does not depend on it: with the spread a millionth, the step of the differences, too.
    var generator = SplitMix64(seed: 1)
    let check = GradientCheck(step: 1e-10, tolerance: 1e-4)
    let loss = TripletLoss(margin: 1, mining: .batchHard)
    let result = check.run(at: [rows], using: &generator) { loss($0[0], labels: Tensor(labels)) }
    #expect(result.passes, "\(result)")
  }

  /// At distance 0 the root has an infinite slope: the pair has none.
  @Test func equalRowsHaveNoGradientAndTheMargin() throws {
    let rows = leaf(Tensor<Double>(ones: [4, 3]))
    for mining in [TripletLoss.Mining.all, .hard, .batchHard] {
      rows.gradient = nil
      let loss = TripletLoss(mining: mining)(rows, labels: Tensor([0, 0, 1, 1]))
      loss.backward()
      #expect(abs(loss.item - 0.2) < 1e-15, "\(mining)")
      #expect(try #require(rows.gradient).euclideanNorm == 0, "\(mining)")
    }
  }

  @Test func withoutTripletsItIsZero() throws {
    let rows = leaf(testRows([4, 3]))
    for (mining, labels) in [
      (TripletLoss.Mining.all, [0, 0, 0, 0]), (.batchHard, [0, 1, 2, 3]), (.semihard, [0, 0, 0, 0]),
    ] as [(TripletLoss.Mining, [Int32])] {
      let (loss, count) = TripletLoss(mining: mining).evaluate(rows, labels: Tensor(labels))
      loss.backward()
      #expect(loss.item == 0 && count == 0 && rows.gradient?.euclideanNorm == 0, "\(mining)")
    }
  }
}
