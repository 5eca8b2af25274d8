import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// One anchor, many denominators: what each loss comes to for the same eight rows, two views of four, with labels
/// 0, 0, 1, 1 in each view where labels are used. The values are those of the authors' code, or of the formula where there is
/// none; `Documentation/Reference/ContrastiveLosses.md` sets the denominators side by side.
@Suite struct ContrastiveCheckValueTests {
  private func expect(_ name: String, _ value: Double, _ expected: Double, _ tolerance: Double) {
    #expect(
      (value - expected).magnitude <= tolerance * max(1, expected.magnitude), "\(name): \(value), \(expected)"
    )
  }

  private func expectValues<Scalar: TensorFloatingPointScalar>(
    _ type: Scalar.Type, _ tolerance: Double, temperature: Double, _ expected: [String: Double]
  ) {
    let rows = Variable(methodRows(0..<8, as: type))
    let (first, second) = (rows[0..<4], rows[4..<8])
    let labels = Tensor<Int32>([0, 0, 1, 1, 0, 0, 1, 1])
    let scale = ContrastiveTemperature(temperature, base: nil)
    let values: [String: Variable<Scalar>] = [
      "NT-Xent": NTXentLoss(temperature: temperature)(first, second),
      "InfoNCE": InfoNCELoss(temperature: temperature)(queries: first, keys: second),
      "DCL": DecoupledContrastiveLoss(temperature: temperature)(first, second),
      "DCLW": DecoupledContrastiveLoss(temperature: temperature, weighting: .vonMisesFisher())(first, second),
      "SupCon out": SupervisedContrastiveLoss(scale)(rows, labels: labels),
      "SupCon in": SupervisedContrastiveLoss(scale, form: .inside)(rows, labels: labels),
      "pairwise": PairwiseNTXentLoss(temperature: temperature)(rows, labels: labels),
      "HCL": HardNegativeContrastiveLoss(temperature: temperature)(first, second),
      "HCL 0 0": HardNegativeContrastiveLoss(
        temperature: temperature, concentration: 0, positivePrior: 0)(first, second),
    ]
    for (name, expected) in expected {
      expect(
        "\(name) at \(temperature), \(type)", values[name].map { Double($0.item) } ?? .nan, expected,
        tolerance)
    }
  }

  @Test func theDenominatorsSideBySide() {
    let half = [
      "NT-Xent": 4.298113817283705, "DCL": 4.28422932653647, "DCLW": 4.287185936821841,
      "SupCon out": 3.0324174220421516, "SupCon in": 1.936026860549916, "pairwise": 2.6490122758887322,
      "HCL": 5.039740473648345, "HCL 0 0": 4.298113817283705,
    ]
    let tenth = [
      "NT-Xent": 17.521249554042058, "DCL": 17.52124951952689, "DCLW": 17.536032570953743,
      "SupCon out": 11.192767577834296, "SupCon in": 1.7480989165970726, "pairwise": 10.081569073380487,
      "HCL 0 0": 17.521249554042058,
    ]
    expectValues(Double.self, 1e-9, temperature: 0.5, half)
    expectValues(Double.self, 1e-9, temperature: 0.1, tenth)
    expectValues(Float.self, 1e-4, temperature: 0.5, half)
    expectValues(Float.self, 1e-4, temperature: 0.1, tenth)
  }

  /// Across views the value of the table is the mean of both directions.
  @Test(arguments: [(0.5, 2.544718134020984), (0.1, 9.982436328102978)]) func acrossViews(
    _ temperature: Double, _ expected: Double
  ) {
    let rows = Variable(methodRows(0..<8, as: Double.self))
    let loss = InfoNCELoss(temperature: temperature)
    let both = loss(queries: rows[0..<4], keys: rows[4..<8]) + loss(queries: rows[4..<8], keys: rows[0..<4])
    expect("InfoNCE", both.item / 2, expected, 1e-9)
  }

  // MARK: Extremes

  @Test func oneImageHasNoNegatives() {
    let (a, b) = (leaf(testRows([1, 3])), leaf(testRows([1, 3], seed: 8)))
    for loss in [
      DecoupledContrastiveLoss()(a, b), HardNegativeContrastiveLoss()(a, b), NTXentLoss()(a, b),
      InfoNCELoss()(queries: a, keys: b, negatives: Variable(Tensor(zeros: [0, 3]))),
      PairwiseNTXentLoss()(Variable(concatenating: [a, b], along: 0), labels: Tensor([0, 0])),
      SupervisedContrastiveLoss(form: .inside)(a, labels: Tensor([0])),
    ] {
      #expect(abs(loss.item) <= 1e-12)
      loss.backward()
    }
    #expect(a.gradient?.euclideanNorm ?? 1 <= 1e-12)
  }

  /// All similarities are 1 / T: what is left is the logarithm of the terms.
  @Test(arguments: [0.01, 0.5]) func equalRowsGiveLogarithms(_ temperature: Double) {
    func expectLogarithms<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type, _ tolerance: Double) {
      let rows = Variable(Tensor<Scalar>(repeating: 0.3, shape: [4, 3]))
      let all = Variable(concatenating: [rows, rows], along: 0)
      let labels = Tensor<Int32>([0, 0, 1, 1, 0, 0, 1, 1])
      let scale = ContrastiveTemperature(temperature, base: nil)
      let values: [(String, Variable<Scalar>, Double)] = [
        ("NT-Xent", NTXentLoss(temperature: temperature)(rows, rows), log(7)),
        ("DCL", DecoupledContrastiveLoss(temperature: temperature)(rows, rows), log(6)),
        (
          "DCLW",
          DecoupledContrastiveLoss(temperature: temperature, weighting: .vonMisesFisher())(rows, rows), log(6)
        ),
        ("HCL", HardNegativeContrastiveLoss(temperature: temperature)(rows, rows), log(7)),
        ("SupCon in", SupervisedContrastiveLoss(scale, form: .inside)(all, labels: labels), log(7)),
        ("pairwise", PairwiseNTXentLoss(temperature: temperature)(all, labels: labels), log(5)),
        (
          "queue", InfoNCELoss(temperature: temperature)(queries: rows, keys: rows, negatives: all), log(9)
        ),
      ]
      for (name, value, expected) in values { expect(name, Double(value.item), expected, tolerance) }
    }
    expectLogarithms(Double.self, 1e-9)
    expectLogarithms(Float.self, 1e-4)
  }

  /// The mean of L_in is that of L_out or less, whatever the rows: the logarithm is concave.
  @Test func insideIsNeverAboveOutside() {
    for seed in 0..<20 {
      let rows = Variable(testRows([12, 4], seed: UInt64(seed)))
      let labels = Tensor<Int32>((0..<12).map { Int32($0 % 3) })
      let inside = SupervisedContrastiveLoss(form: .inside)(rows, labels: labels).item
      #expect(inside <= SupervisedContrastiveLoss()(rows, labels: labels).item + 1e-12)
    }
  }

  /// A weight of 0 takes a row out as an anchor, not as a negative.
  @Test func aWeightOfZeroLeavesTheNegative() {
    let rows = testRows([5, 3])
    let labels = Tensor<Int32>([0, 0, 1, 1, 2])
    let loss = SupervisedContrastiveLoss(.init(0.5, base: nil))
    // Row 4 has no positive: the same as with weight 0.
    let plain = loss(Variable(rows), labels: labels).item
    let weighted = loss(Variable(rows), labels: labels, weights: Tensor([1, 1, 1, 1, 0])).item
    #expect(abs(plain - weighted) <= 1e-12)
    let without = loss(Variable(rows[0..<4]), labels: labels[0..<4]).item
    #expect(abs(plain - without) > 1e-3)
    let none = loss(Variable(rows), labels: labels, weights: Tensor(zeros: [5]))
    #expect(none.item == 0)
  }

  @Test func weightsThatDoNotFitStop() async {
    await #expect(processExitsWith: .failure) {
      _ = NTXentLoss()(Variable(testRows([4, 3])), Variable(testRows([4, 3])), weights: Tensor(ones: [4]))
    }
    await #expect(processExitsWith: .failure) {
      _ = SupervisedContrastiveLoss()(
        Variable(testRows([2, 3])), labels: Tensor([0, 0]), weights: Tensor([1, -1]))
    }
  }
}
