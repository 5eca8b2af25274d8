import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct DenseContrastLossTests {
  /// One image of three places, and the queue of the reference.
  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    func map(_ rows: Range<Int>) -> Tensor<Scalar> { methodRows(rows).reshaped([1, 1, 3, 3]) }
    let loss = DenseContrastLoss()
    let matches = loss.matches(queries: map(0..<3), keys: map(4..<7))
    #expect(matches == Tensor([2, 0, 0], shape: [1, 3]))
    let negatives: Tensor<Scalar> = methodRows(24..<32)
    let dense = loss(
      queries: Variable(map(7..<10)), keys: map(10..<13), matches: matches, negatives: negatives)
    expectClose(Double(dense.item), 4.797353377235751, type, "dense")
    let global = Variable(Tensor(Scalar(10.110470048462258)))
    expectClose(
      Double(loss.combined(global: global, dense: dense, at: 0).item), 7.4539117128490044, type, "total")
  }

  @Test func itIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  private func naive(
    _ queries: [[Double]], _ keys: [[Double]], _ negatives: [[Double]], _ T: Double, weights: [Double]
  ) -> Double {
    let (q, k, c) = (unit(queries), unit(keys), unit(negatives))
    let terms = q.indices.map { i in
      let own = dot(q[i], k[i]) / T
      return log(exp(own) + c.reduce(0) { $0 + exp(dot(q[i], $1) / T) }) - own
    }
    return zip(terms, weights).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
  }

  /// Maps of volumes are maps of their places.
  @Test func volumesAreTheirPlaces() {
    let shapes: [[TensorShape]] = [[[2, 2, 3, 2, 4], [2, 2, 2, 3, 4]], [[2, 4, 3, 4], [2, 12, 1, 4]]]
    let negatives = testRows([5, 4], seed: 11)
    let loss = DenseContrastLoss(temperature: 0.5)
    let results = shapes.map { shapes in
      let (queries, keys) = (
        leaf(testRows([24, 4]).reshaped(shapes[0])), testRows([24, 4], seed: 8).reshaped(shapes[1])
      )
      let matches = loss.matches(queries: queries.value, keys: keys)
      let value = loss(queries: queries, keys: keys, matches: matches, negatives: negatives)
      value.backward()
      return (matches, value.item, queries.gradient?.scalars, loss.queueRows(of: keys))
    }
    #expect(results[0].0 == results[1].0 && Set(results[0].0.scalars).count > 2)
    #expect(results[0].1 == results[1].1 && results[0].2 == results[1].2 && results[0].2 != nil)
    #expect(results[0].3.isClose(to: results[1].3, absoluteTolerance: 1e-12))
  }

  /// Two images whose maps differ in size, over more than one block of 256 places.
  @Test func itIsTheFormula() {
    let (queries, keys) = (testRows([2, 13, 11, 4]), testRows([2, 5, 6, 4], seed: 8))
    let (features, others) = (testRows([2, 13, 11, 7], seed: 9), testRows([2, 5, 6, 7], seed: 10))
    let negatives = testRows([19, 4], seed: 11)
    let loss = DenseContrastLoss(temperature: 0.5)
    let matches = loss.matches(queries: features, keys: others)
    #expect(matches.shape == [2, 143])
    var matched: [[Double]] = []
    for image in 0..<2 {
      let own = unit(arrays(features[image].reshaped([143, 7])))
      let other = unit(arrays(others[image].reshaped([30, 7])))
      for place in 0..<143 {
        let cosines = other.map { dot(own[place], $0) }
        let best = cosines.indices.max { cosines[$0] < cosines[$1] } ?? 0
        #expect(Int(matches[image][place].item) == best)
        matched.append(keys[image].reshaped([30, 4])[best].scalars)
      }
    }
    let weights = (0..<286).map { Double($0 % 5) }
    let value = loss(
      queries: Variable(queries), keys: keys, matches: matches, negatives: negatives,
      weights: Tensor(weights, shape: [2, 143]))
    let expected = naive(
      arrays(queries.reshaped([286, 4])), matched, arrays(negatives), 0.5, weights: weights)
    expectClose(value.item, expected, Double.self)
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let loss = DenseContrastLoss(temperature: 0.5)
    let keys = testRows([2, 3, 3, 4], seed: 8)
    let matches = loss.matches(
      queries: testRows([2, 3, 3, 5], seed: 9), keys: testRows([2, 3, 3, 5], seed: 10))
    let result = checkGradient(at: [testRows([2, 3, 3, 4])]) {
      loss(
        queries: $0[0], keys: keys, matches: matches, negatives: testRows([6, 4], seed: 11),
        weights: testRows([2, 9], seed: 12).squared())
    }
    #expect(result.passes, "\(result)")
    let several = checkGradient(at: [testRows([1, 20, 15, 3])]) {
      loss(
        queries: $0[0], keys: testRows([1, 2, 2, 3], seed: 8),
        matches: Tensor((0..<300).map { Int32($0 % 4) }, shape: [1, 300]),
        negatives: testRows([6, 3], seed: 11))
    }
    #expect(several.passes, "\(several)")
  }

  /// Of equal features the first matches.
  @Test func equalFeaturesMatchTheFirst() {
    let map = Tensor<Float>(ones: [2, 2, 2, 3])
    #expect(DenseContrastLoss().matches(queries: map, keys: map) == Tensor(zeros: [2, 4]))
  }

  @Test func theDenseLossWaits() {
    let loss = DenseContrastLoss(weight: 0.25, warmUpSteps: 10)
    #expect((0..<12).map { loss.weight(at: $0) } == [Double](repeating: 0, count: 10) + [0.25, 0.25])
    let (global, dense) = (Variable(Tensor(4.0)), Variable(Tensor(8.0)))
    #expect(loss.combined(global: global, dense: dense, at: 9).item == 4)
    #expect(loss.combined(global: global, dense: dense, at: 10).item == 5)
    // A dense loss that is not needed yet is not computed.
    _ = loss.combined(
      global: global,
      dense: {
        Issue.record("computed while its share is 0")
        return dense
      }(), at: 0)
  }

  @Test func theQueueTakesPooledRowsOfLengthOne() {
    let keys = testRows([2, 3, 3, 4])
    let rows = DenseContrastLoss().queueRows(of: keys)
    for image in 0..<2 {
      let pooled = (0..<4).map { c in mean((0..<9).map { keys[image].reshaped([9, 4])[$0][c].item }) }
      for (own, expected) in zip(rows[image].scalars, unit([pooled])[0]) {
        #expect(abs(own - expected) < 1e-12)
      }
    }
  }
}
