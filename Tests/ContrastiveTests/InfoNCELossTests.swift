import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct InfoNCELossTests {
  @Test func inTheBatchItIsTheReference() throws {
    let reference = try lossReferences()
    let queries = leaf(try reference.tensor("infoNCE.queries", as: Double.self))
    let keys = leaf(try reference.tensor("infoNCE.keys", as: Double.self))
    let loss = InfoNCELoss()(queries: queries, keys: keys)
    loss.backward()
    #expect(abs(loss.item - (try reference.number("infoNCE.inBatch.value"))) <= 1e-10)
    for (name, leaf) in [("queries", queries), ("keys", keys)] {
      let expected = try reference.tensor("infoNCE.inBatch.gradient.\(name)", as: Double.self)
      #expect(try #require(leaf.gradient).relativeError(to: expected) <= 1e-10, "\(name)")
    }
  }

  @Test func withNegativesItIsTheReference() throws {
    let reference = try lossReferences()
    let leaves = try ["queries", "keys", "negatives"].map {
      ($0, leaf(try reference.tensor("infoNCE.\($0)", as: Double.self)))
    }
    let loss = InfoNCELoss()(queries: leaves[0].1, keys: leaves[1].1, negatives: leaves[2].1)
    loss.backward()
    #expect(abs(loss.item - (try reference.number("infoNCE.withNegatives.value"))) <= 1e-10)
    for (name, leaf) in leaves {
      let expected = try reference.tensor("infoNCE.withNegatives.gradient.\(name)", as: Double.self)
      #expect(try #require(leaf.gradient).relativeError(to: expected) <= 1e-10, "\(name)")
    }
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let loss = InfoNCELoss(temperature: 0.5)
    let points = [testRows([4, 3]), testRows([4, 3], seed: 8), testRows([6, 3], seed: 9)]
    let inBatch = checkGradient(at: Array(points[0..<2])) { loss(queries: $0[0], keys: $0[1]) }
    #expect(inBatch.passes, "\(inBatch)")
    let queue = checkGradient(at: points) { loss(queries: $0[0], keys: $0[1], negatives: $0[2]) }
    #expect(queue.passes, "\(queue)")
  }

  @Test func constantNegativesReceiveNoGradient() throws {
    let query = leaf(testRows([4, 3]))
    let negatives = Variable(testRows([6, 3], seed: 9))
    InfoNCELoss()(queries: query, keys: Variable(testRows([4, 3], seed: 8)), negatives: negatives)
      .backward()
    #expect(try #require(query.gradient).euclideanNorm > 0)
    #expect(negatives.gradient == nil)
  }

  /// Of held negatives the mean is kept that the gradient needs; at .01 similarities are computed again. Several blocks, and
  /// rows of 0, 1e-20 and 1e20 among them.
  @Test(arguments: [0.5, 0.07, 0.01]) func heldNegativesGiveTheGradientOfMovingOnes(temperature: Double)
    throws
  {
    var rows = [testRows([300, 33]), testRows([300, 33], seed: 8), testRows([700, 33], seed: 9)]
    for each in rows.indices {
      let scales = (0..<rows[each].shape[0]).map { [1, 0, 1e-20, 1e20][$0 < 8 ? $0 % 4 : 0] }
      rows[each] = rows[each] * Tensor(scales).expanded(at: 1)
    }
    let weights = (0..<300).map { Double($0 % 3) }
    let loss = InfoNCELoss(temperature: temperature)
    func run<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type, held: Bool) throws -> (
      Double, Tensor<Double>
    ) {
      let all = rows.map { Tensor<Scalar>(converting: $0) }
      let queries = leaf(all[0])
      let (value, accuracy) = loss.evaluate(
        queries: queries, keys: Variable(all[1]), negatives: held ? Variable(all[2]) : leaf(all[2]),
        weights: Tensor<Scalar>(converting: Tensor(weights)))
      value.backward()
      #expect((0...1).contains(accuracy))
      // In units of the row's own size.
      let lengths = rows[0].norm(along: 1).maximum(1e-30).expanded(at: 1)
      return (Double(value.item), Tensor<Double>(converting: try #require(queries.gradient)) * lengths)
    }
    let (expected, gradient) = try run(Double.self, held: false)
    for held in [false, true] {
      let (value, own) = try run(Float.self, held: held)
      expectClose(value, expected, Float.self, "held: \(held)")
      #expect(own.maximumAbsoluteDifference(to: gradient) <= 1e-4 * gradient.euclideanNorm, "held: \(held)")
    }
  }

  @Test func equalRowsByHand() {
    let ones = Variable(Tensor<Double>(ones: [3, 2]))
    let loss = InfoNCELoss(temperature: 0.01)
    #expect(abs(loss(queries: ones, keys: ones).item - log(3)) <= 1e-10)
    let negatives = Variable(Tensor<Double>(ones: [7, 2]))
    #expect(abs(loss(queries: ones, keys: ones, negatives: negatives).item - log(8)) <= 1e-10)
  }

  @Test func keysThatDoNotPairStop() async {
    await #expect(processExitsWith: .failure) {
      _ = InfoNCELoss()(queries: Variable(testRows([4, 3])), keys: Variable(testRows([5, 3])))
    }
  }
}
