import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// Barlow Twins and VICReg.
@Suite struct RedundancyLossTests {
  private func expectReferences<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
    let (a, b) = (Variable(methodRows(0..<4, as: type)), Variable(methodRows(4..<8, as: type)))
    expectClose(Double(BarlowTwinsLoss()(a, b).item), 11.263504338512453, type, "Barlow Twins")
    expectClose(Double(VICRegLoss()(a, b).item), 68.46092503593394, type, "VICReg, code")
    expectClose(Double(VICRegLoss(.asPublished)(a, b).item), 193.247425375481, type, "VICReg, paper")
  }

  @Test func theyAreTheReference() {
    expectReferences(Double.self)
    expectReferences(Float.self)
  }

  /// Column by column, as the papers write it.
  private func naiveBarlow(_ a: [[Double]], _ b: [[Double]], _ lambda: Double) -> Double {
    func standardized(_ rows: [[Double]], _ column: Int) -> [Double] {
      let values = rows.map { $0[column] }
      let center = mean(values)
      let variance = mean(values.map { ($0 - center) * ($0 - center) })
      return values.map { ($0 - center) / (variance + 1e-5).squareRoot() }
    }
    var loss = 0.0
    for i in a[0].indices {
      for j in a[0].indices {
        let correlation = dot(standardized(a, i), standardized(b, j)) / Double(a.count)
        loss += i == j ? (correlation - 1) * (correlation - 1) : lambda * correlation * correlation
      }
    }
    return loss
  }

  /// C, as the papers write it.
  private func naiveVICRegCovariance(_ rows: [[Double]]) -> Double {
    let columns = rows[0].indices.map { column in
      let values = rows.map { $0[column] }
      return values.map { $0 - mean(values) }
    }
    var sum = 0.0
    for i in columns.indices {
      for j in columns.indices where i != j {
        let covariance = dot(columns[i], columns[j]) / Double(rows.count - 1)
        sum += covariance * covariance
      }
    }
    return sum / Double(columns.count)
  }

  private func naiveVICReg(_ a: [[Double]], _ b: [[Double]], _ form: VICRegLoss.Form) -> Double {
    let (count, features) = (Double(a.count), Double(a[0].count))
    func terms(_ rows: [[Double]]) -> (variance: Double, covariance: Double) {
      let columns = rows[0].indices.map { column in
        let values = rows.map { $0[column] }
        return values.map { $0 - mean(values) }
      }
      let hinges = columns.map { max(0, 1 - (dot($0, $0) / (count - 1) + 1e-4).squareRoot()) }
      return (mean(hinges), naiveVICRegCovariance(rows))
    }
    let (first, second) = (terms(a), terms(b))
    let distance = zip(a, b).reduce(0) { $0 + squaredDistance($1.0, $1.1) } / count
    return switch form {
    case .asReleased:
      25 * distance / features + 25 * (first.variance + second.variance) / 2 + first.covariance
        + second.covariance
    case .asPublished:
      25 * distance + 25 * (first.variance + second.variance) + first.covariance + second.covariance
    }
  }

  /// More features than rows, too: there the products of rows are taken.
  @Test(arguments: [(2, 1), (3, 4), (9, 5), (5, 12), (4, 40), (30, 70)])
  func theyAreTheFormulas(_ count: Int, _ features: Int) {
    // Half of the features vary by less than 1, so that both sides of the hinge are there.
    let scale = Tensor<Double>((0..<features).map { $0 % 2 == 0 ? 0.3 : 3 })
    let a = testRows([count, features]) * scale + 2
    let b = testRows([count, features], seed: 8) * scale - 1
    let (first, second) = (arrays(a), arrays(b))
    expectClose(
      BarlowTwinsLoss(redundancyWeight: 0.2)(Variable(a), Variable(b)).item,
      naiveBarlow(first, second, 0.2), Double.self, "Barlow Twins")
    for form in [VICRegLoss.Form.asReleased, .asPublished] {
      let (loss, terms) = VICRegLoss(form).evaluate(Variable(a), Variable(b))
      let expected = naiveVICReg(first, second, form)
      #expect(abs(loss.item - expected) <= 1e-12 * max(1, expected), "\(form)")
      let sum = 25 * terms.invariance + 25 * terms.variance + terms.covariance
      #expect(abs(sum - expected) <= 1e-12 * max(1, expected), "\(form): terms")
    }
  }

  @Test func gradientsAgreeWithFiniteDifferences() {
    let scale = Tensor<Double>([0.3, 2, 0.5, 3])
    let points = [testRows([6, 4]) * scale, testRows([6, 4], seed: 8) * scale]
    let barlow = checkGradient(at: points) { BarlowTwinsLoss(redundancyWeight: 0.1)($0[0], $0[1]) }
    #expect(barlow.passes, "Barlow Twins: \(barlow)")
    for form in [VICRegLoss.Form.asReleased, .asPublished] {
      let result = checkGradient(at: points) { VICRegLoss(form)($0[0], $0[1]) }
      #expect(result.passes, "\(form): \(result)")
    }
    // Each term by itself.
    for (name, loss) in [
      ("invariance", VICRegLoss(varianceWeight: 0, covarianceWeight: 0)),
      ("variance", VICRegLoss(invarianceWeight: 0, covarianceWeight: 0)),
      ("covariance", VICRegLoss(invarianceWeight: 0, varianceWeight: 0)),
    ] {
      let result = checkGradient(at: points) { loss($0[0], $0[1]) }
      #expect(result.passes, "\(name): \(result)")
    }
  }

  /// With more features than rows, where the products of rows take the place of those of columns.
  @Test func gradientsOfWideRowsAgreeWithFiniteDifferences() {
    let rows = [testRows([4, 12]), testRows([4, 12], seed: 8)]
    let barlow = checkGradient(at: rows) { BarlowTwinsLoss(redundancyWeight: 0.1)($0[0], $0[1]) }
    #expect(barlow.passes, "Barlow Twins: \(barlow)")
    // No deviation is so near 1 that a difference meets the hinge.
    let points = [rows[0] * 0.2, rows[1] * 9]
    for form in [VICRegLoss.Form.asReleased, .asPublished] {
      let result = checkGradient(at: points) { VICRegLoss(form)($0[0], $0[1]) }
      #expect(result.passes, "\(form): \(result)")
    }
  }

  /// The square of one feature's variance is a million times all other covariances: in 32 bits they keep their digits.
  @Test func aLoudFeatureDoesNotDrownTheOthers() {
    let scale = Tensor<Double>((0..<16).map { $0 == 0 ? 1e5 : 1 })
    // The loud feature is at right angles to the others.
    let quiet = Tensor<Double>(concatenating: [testRows([4, 16]), -testRows([4, 16])], along: 0)
    let mask = Tensor<Double>((0..<16).map { $0 == 0 ? 0 : 1 })
    let loud = Tensor<Double>([1, -1, 1, -1, 1, -1, 1, -1]).expanded(at: 1)
    let rows = (quiet * mask + loud * (1 - mask)) * scale
    let loss = VICRegLoss(invarianceWeight: 0, varianceWeight: 0)
    let narrow = Variable(Tensor<Float>(converting: rows))
    let expected = naiveVICRegCovariance(arrays(rows))
    expectClose(Double(loss(narrow, narrow).item) / expected, 2, Float.self)
  }

  /// Views that are equal and white cost nothing in Barlow Twins but epsilon's share.
  @Test func whiteViewsHaveTheIdentity() {
    let rows = Tensor<Double>(rows: [[1, 1], [1, -1], [-1, 1], [-1, -1]])
    #expect(BarlowTwinsLoss()(Variable(rows), Variable(rows)).item < 1e-9)
    #expect(VICRegLoss(covarianceWeight: 1)(Variable(rows), Variable(rows)).item < 1e-9)
  }

  /// What collapse costs: the dimension, and the hinge.
  @Test func equalRowsCostTheDimensionAndTheHinge() throws {
    for value in [0.7, 1e20, 1e-20] {
      let rows = Tensor<Double>(repeating: value, shape: [5, 3])
      let (first, second) = (leaf(rows), leaf(rows))
      BarlowTwinsLoss()(first, second).backward()
      #expect(BarlowTwinsLoss()(first, second).item == 3, "\(value)")
      #expect(first.gradient?.euclideanNorm == 0 && second.gradient?.euclideanNorm == 0)
      let vicReg = VICRegLoss().evaluate(first, second)
      #expect(abs(vicReg.loss.item - 25 * 0.99) < 1e-12, "\(value)")
      #expect(abs(vicReg.terms.variance - 0.99) < 1e-12 && vicReg.terms.covariance == 0)
      let narrow = Variable(Tensor<Float>(converting: rows))
      #expect(abs(VICRegLoss()(narrow, narrow).item - 25 * 0.99) < 1e-4, "\(value) in 32 bits")
    }
  }

  /// The scale and the place of a column leave no trace in Barlow Twins, in 32 bits neither.
  @Test(arguments: [Float(1e20), 1e30, 1e6]) func barlowTwinsHasNoScale(_ size: Float) {
    let (a, b) = (
      Tensor<Float>(converting: testRows([8, 3])), Tensor<Float>(converting: testRows([8, 3], seed: 8))
    )
    let plain = BarlowTwinsLoss(epsilon: 1e-12)(Variable(a), Variable(b)).item
    let scaled = BarlowTwinsLoss(epsilon: 1e-12)(Variable(a * size), Variable(b * size)).item
    #expect(abs(plain - scaled) < 1e-5)
  }

  /// A NaN is no deviation of 1, in any term that counts.
  @Test func aBrokenRowIsNotHiddenByAWeight() throws {
    let broken = Tensor<Double>(rows: [[1, 0], [.nan, 1], [0, 3]])
    for loss in [
      VICRegLoss(varianceWeight: 0, covarianceWeight: 0),
      VICRegLoss(invarianceWeight: 0, covarianceWeight: 0),
      VICRegLoss(invarianceWeight: 0, varianceWeight: 0),
    ] {
      let rows = leaf(broken)
      let value = loss(rows, Variable(testRows([3, 2])))
      value.backward()
      #expect(value.item.isNaN, "\(loss): \(value.item)")
      #expect(try #require(rows.gradient).scalars.contains { $0.isNaN }, "\(loss)")
    }
  }

  /// Covariances of 1e40 are squared: beyond 32 bits, where the loss says so, and within 64.
  @Test func rowsBeyondTheRangeOfVICRegAreNotHidden() throws {
    let (a, b) = (testRows([4, 3]) * 1e20, testRows([4, 3], seed: 8) * 1e20)
    let first = leaf(a)
    let loss = VICRegLoss()(first, Variable(b))
    loss.backward()
    let gradient = try #require(first.gradient)
    #expect(loss.item.isFinite && gradient.isFinite().all())
    let narrow = VICRegLoss()(Variable(Tensor<Float>(converting: a)), Variable(Tensor<Float>(converting: b)))
    #expect(!narrow.item.isFinite)
  }
}
