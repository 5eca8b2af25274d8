import Autograd
import Contrastive
import Tensor
import TestSupport
import Testing

@Suite struct NegativeCosineLossTests {
  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    func rows(_ range: Range<Int>) -> Variable<Scalar> { Variable(methodRows(range)) }
    let (p1, p2, p3) = (rows(8..<12), rows(12..<16), rows(20..<24))
    let (z1, z2, z3) = (rows(0..<4), rows(4..<8), rows(16..<20))
    let (byol, simSiam) = (NegativeCosineLoss.byol, NegativeCosineLoss.simSiam)
    // BYOL's targets are R(16, 20) and R(20, 24).
    let both = byol(p1, targets: p3) + byol(p2, targets: z3)
    expectClose(Double(both.item), 6.452188592442589, type, "BYOL")
    let pair = 0.5 * (simSiam(p1, targets: z2) + simSiam(p2, targets: z1))
    expectClose(Double(pair.item), 0.8025485682759852, type, "SimSiam")
    let triple = pair + 0.5 * (simSiam(p1, targets: z3) + simSiam(p3, targets: z1))
    expectClose(Double(triple.item), 0.37830434526604323, type, "SimTriplet")
  }

  @Test func itIsTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  @Test(arguments: [NegativeCosineLoss.Form.negativeCosine, .squaredDistance])
  func itIsTheFormula(_ form: NegativeCosineLoss.Form) {
    let (p, t) = (testRows([6, 5]), testRows([6, 5], seed: 8))
    let weights: [Double] = [1, 0, 2, 0.5, 3, 1]
    let terms = zip(unit(arrays(p)), unit(arrays(t))).map { u, v in
      form == .negativeCosine ? -dot(u, v) : squaredDistance(u, v)
    }
    let loss = NegativeCosineLoss(form)
    expectClose(loss(Variable(p), targets: Variable(t)).item, mean(terms), Double.self)
    let weighted = zip(terms, weights).reduce(0) { $0 + $1.0 * $1.1 } / weights.reduce(0, +)
    expectClose(
      loss(Variable(p), targets: Variable(t), weights: Tensor(weights)).item, weighted, Double.self)
  }

  @Test(arguments: [NegativeCosineLoss.Form.negativeCosine, .squaredDistance])
  func gradientsAgreeWithFiniteDifferences(_ form: NegativeCosineLoss.Form) {
    let (p, t) = (testRows([5, 4]), testRows([5, 4], seed: 8))
    let held = checkGradient(at: [p]) { NegativeCosineLoss(form)($0[0], targets: Variable(t)) }
    #expect(held.passes, "\(held)")
    let flowing = NegativeCosineLoss(form, targetGradient: .flowing)
    let both = checkGradient(at: [p, t]) {
      flowing($0[0], targets: $0[1], weights: Tensor([1, 2, 0, 0.5, 1]))
    }
    #expect(both.passes, "\(both)")
  }

  /// Without the stop-gradient the target moves, and with predictor and target of one network the slope is another.
  @Test func theStopGradientMatters() throws {
    let (held, moving) = (leaf(testRows([4, 3])), leaf(testRows([4, 3])))
    let predictor = testRows([3, 3], seed: 9)
    for (rows, loss) in [
      (held, NegativeCosineLoss()), (moving, NegativeCosineLoss(targetGradient: .flowing)),
    ] {
      let targets = rows.matmul(Variable(testRows([3, 3], seed: 10)))
      loss(rows.matmul(Variable(predictor)), targets: targets).backward()
    }
    let (stopped, flowing) = (try #require(held.gradient), try #require(moving.gradient))
    #expect((stopped - flowing).euclideanNorm > 0.01)
    let target = leaf(testRows([4, 3], seed: 11))
    NegativeCosineLoss()(leaf(testRows([4, 3])), targets: target).backward()
    #expect(target.gradient == nil)
  }

  @Test func rangesAreThoseOfTheCosine() {
    let rows = Variable(testRows([4, 3]))
    #expect(abs(NegativeCosineLoss()(rows, targets: rows).item + 1) < 1e-12)
    #expect(abs(NegativeCosineLoss()(rows, targets: -rows).item - 1) < 1e-12)
    #expect(abs(NegativeCosineLoss.byol(rows, targets: -rows).item - 4) < 1e-12)
    #expect(NegativeCosineLoss()(rows, targets: rows, weights: Tensor(zeros: [4])).item == 0)
  }

  @Test func shapesThatDoNotPairStop() async {
    await #expect(processExitsWith: .failure) {
      let rows = Variable(Tensor<Double>(zeros: [4, 3]))
      _ = NegativeCosineLoss()(rows, targets: Variable(Tensor(zeros: [3, 3])))
    }
  }
}
