import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct ComponentContrastiveLossTests {
  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    let rows = [unitMethodRows(0..<6, as: type), unitMethodRows(20..<26, as: type)]
    let graphs = rows.map { NearestNeighborGraph($0, floor: .normalize).neighbors }
    #expect(graphs == [[1, 2, 1, 2, 5, 4], [1, 0, 1, 4, 5, 4]])
    let loss = ComponentContrastiveLoss()
    #expect(rows.map { loss.components(of: $0).labels } == [[0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1]])
    let graph = Double(loss(Variable(rows[0]), Variable(rows[1])).item)
    let instance = Double(NTXentLoss(floor: .normalize)(Variable(rows[0]), Variable(rows[1])).item)
    for (value, expected) in [
      (graph, 3.2056448331414513), (instance, 9.535949214050854), (graph + instance, 12.741594047192304),
    ] { #expect(abs(value - expected) <= tolerance(of: expected, type), "\(type): \(value)") }
  }

  @Test func itIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  /// With the components of its own view, a row's loss is another: the masks are swapped.
  @Test func componentsAreThoseOfTheOtherView() {
    let rows = [methodRows(0..<6, as: Double.self), methodRows(20..<26)].map { Variable($0) }
    let loss = ComponentContrastiveLoss()
    let own = rows.map { loss.components(of: $0.value) }
    let swapped = loss(rows[0], rows[1], components: own).item
    #expect(loss(rows[0], rows[1]).item == swapped)
    #expect(abs(loss(rows[0], rows[1], components: own.reversed()).item - swapped) > 0.1)
    // Views are never mixed: the other view's rows do not matter once the components stand.
    let other = loss(rows[0], Variable(rows[1].value.flipped(along: 0)), components: own).item
    let half = { (view: Variable<Double>, labels: ConnectedComponentLabels) in
      SupervisedContrastiveLoss(.init(0.1, base: nil), floor: .normalize)(
        view, labels: Tensor<Int32>(labels.labels.map { Int32($0) })
      ).item
    }
    #expect(abs(swapped - (half(rows[0], own[1]) + half(rows[1], own[0])) / 2) <= 1e-12)
    #expect(abs(other - swapped) > 1e-3)
  }

  /// sum w_i l_i / sum w_i, written out: image 1 is no anchor, and a negative all the same.
  @Test func weightsCountAnchors() throws {
    let rows = [testRows([5, 3]), testRows([5, 3], seed: 8)]
    let loss = ComponentContrastiveLoss()
    let components = rows.map { loss.components(of: $0) }
    let weights: [Double] = [2, 0, 1, 0.5, 3]
    var expected = 0.0
    for (view, other) in [(0, 1), (1, 0)] {
      let unit = rows[view] / rows[view].norm(along: 1).expanded(at: 1)
      let cosines = unit.matmul(unit, transposing: .right) / 0.1
      for anchor in 0..<5 {
        let others = (0..<5).filter { $0 != anchor }
        let label = components[other].labels
        let positives = others.filter { label[$0] == label[anchor] }
        let sum = others.reduce(0.0) { $0 + exp(cosines[anchor][$1].item) }
        let mean = positives.reduce(0.0) { $0 + cosines[anchor][$1].item } / Double(positives.count)
        expected += weights[anchor] / 6.5 * (log(sum) - mean) / 2
      }
    }
    let leaves = rows.map { leaf($0) }
    let value = loss(leaves[0], leaves[1], weights: Tensor(weights))
    #expect(abs(value.item - expected) <= 1e-12 * max(1, abs(expected)), "\(value.item) for \(expected)")
    value.backward()
    #expect(try #require(leaves[0].gradient)[1].euclideanNorm > 0)
    let alike = loss(Variable(rows[0]), Variable(rows[1]), weights: Tensor(ones: [5])).item
    #expect(abs(alike - loss(Variable(rows[0]), Variable(rows[1])).item) <= 1e-12)
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let points = [testRows([7, 4]), testRows([7, 4], seed: 8)]
    let loss = ComponentContrastiveLoss(temperature: 0.5)
    let components = points.map { loss.components(of: $0) }
    let result = checkGradient(at: points) { loss($0[0], $0[1], components: components) }
    #expect(result.passes, "\(result)")
  }

  @Test func viewsThatDoNotPairStop() async {
    await #expect(processExitsWith: .failure) {
      _ = ComponentContrastiveLoss()(Variable(testRows([4, 3])), Variable(testRows([5, 3])))
    }
  }
}
