import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// The cosine has no scale: rows whose squares overflow or vanish, rows of zeros, and the floor between.
@Suite struct RowScaleTests {
  /// Every cosine loss in one form: rows `[4, 2]`, of which 0 and 2, 1 and 3 are positives of each other.
  private static func losses<Scalar: TensorFloatingPointScalar>(
    _ type: Scalar.Type, _ temperature: Double, _ floor: CosineFloor = .cosineSimilarity
  ) -> [(name: String, loss: (Variable<Scalar>) throws -> Variable<Scalar>)] {
    let scale = ContrastiveTemperature(temperature, base: nil)
    let supervised = SupervisedContrastiveLoss(scale, floor: floor)
    let intra = IntraImageContrastiveLoss(scale, floor: floor)
    let pairs = Tensor<Bool>((0..<16).map { ($0 / 4) % 2 == $0 % 2 }, shape: [4, 4])
    return [
      ("labels", { supervised($0, labels: Tensor([0, 1, 0, 1])) }),
      ("mask", { supervised($0, positives: pairs) }),
      ("NT-Xent", { NTXentLoss(temperature: temperature, floor: floor)($0[0..<2], $0[2..<4]) }),
      (
        "ILCP",
        {
          try intra(
            $0[0..<2].reshaped([1, 1, 2, 2]), $0[2..<4].reshaped([1, 1, 2, 2]),
            superpixels: Tensor([0, 1], shape: [1, 1, 2]))
        }
      ),
      (
        "InfoNCE",
        { InfoNCELoss(temperature: temperature, floor: floor)(queries: $0[0..<2], keys: $0[2..<4]) }
      ),
      ("DCL", { DecoupledContrastiveLoss(temperature: temperature, floor: floor)($0[0..<2], $0[2..<4]) }),
      (
        "hard negatives",
        { HardNegativeContrastiveLoss(temperature: temperature, floor: floor)($0[0..<2], $0[2..<4]) }
      ),
      (
        "inside",
        {
          SupervisedContrastiveLoss(scale, form: .inside, floor: floor)($0, labels: Tensor([0, 1, 0, 1]))
        }
      ),
      (
        "pairwise",
        { PairwiseNTXentLoss(temperature: temperature, floor: floor)($0, labels: Tensor([0, 1, 0, 1])) }
      ),
      (
        "InfoNCE with negatives",
        {
          InfoNCELoss(temperature: temperature, floor: floor)(
            queries: $0[0..<2], keys: $0[2..<4], negatives: $0[1..<3])
        }
      ),
    ]
  }

  /// A positive of cosine 1 beside two rows of cosine 0, at T .1: log(1 + 2 e^-10), and log(1 + e^-10) beside one. Without
  /// the positive log 2 - 10; with the least value of hard negatives log(1 + 2 e^-20).
  private static func squareLoss(_ name: String) -> Double {
    switch name {
    case "InfoNCE": log1p(exp(-10))
    case "DCL": log(2) - 10
    case "hard negatives": log1p(2 * exp(-20))
    default: log1p(2 * exp(-10))
    }
  }

  private func expectSquare<Scalar: TensorFloatingPointScalar>(_ size: Scalar, _ tolerance: Double) throws {
    let rows = Tensor<Scalar>([size, 0, 0, size, size, 0, 0, size], shape: [4, 2])
    for (name, loss) in Self.losses(Scalar.self, 0.1) where name != "InfoNCE with negatives" {
      let variable = leaf(rows)
      let value = try loss(variable)
      value.backward()
      let expected = Self.squareLoss(name)
      #expect((Double(value.item) - expected).magnitude < tolerance, "\(name): \(value.item)")
      #expect(try #require(variable.gradient).isFinite().all(), "\(name)")
    }
  }

  @Test(arguments: [Float(1), 1e-5, 1e18, 1e20, 3e38]) func squareRowsInFloat(_ size: Float) throws {
    try expectSquare(size, 2e-6)
  }

  @Test(arguments: [1, 1e-6, 1e160, 1e300]) func squareRowsInDouble(_ size: Double) throws {
    try expectSquare(size, 1e-12)
  }

  /// With c times the rows the loss is the same, and the gradient 1 / c of it. The scales are powers of two, which lose
  /// no digit.
  @Test(arguments: [0x1p60, 0x1p70, 0x1p100, 0x1p125, 0x1p-20]) func theGradientHasTheInverseScale(
    _ factor: Double
  ) throws {
    let rows = Tensor<Float>(converting: testRows([4, 2]))
    let names = Self.losses(Float.self, 0.5).map(\.name)
    for (index, name) in names.enumerated() {
      let loss = Self.losses(Float.self, 0.5)[index].loss
      let (plain, scaled) = (leaf(rows), leaf(rows * Float(factor)))
      let values = (try loss(plain), try loss(scaled))
      values.0.backward()
      values.1.backward()
      #expect((values.0.item - values.1.item).magnitude < 1e-6, "\(name)")
      let expected = try #require(plain.gradient)
      let gradient = Tensor<Double>(converting: try #require(scaled.gradient)) * factor
      // Beyond 2^100 the gradient itself has few digits left in 32 bits.
      let tolerance = factor > 0x1p100 ? 1e-3 : 2e-6
      #expect(
        gradient.isClose(to: Tensor(converting: expected), absoluteTolerance: tolerance),
        "\(name) at \(factor)")
    }
  }

  @Test(arguments: [0x1p300, 0x1p600, 0x1p1000]) func theGradientHasTheInverseScaleInDouble(_ factor: Double)
    throws
  {
    let rows = testRows([4, 2])
    for (index, name) in Self.losses(Double.self, 0.5).map(\.name).enumerated() {
      let loss = Self.losses(Double.self, 0.5)[index].loss
      let (plain, scaled) = (leaf(rows), leaf(rows * factor))
      let values = (try loss(plain), try loss(scaled))
      values.0.backward()
      values.1.backward()
      #expect((values.0.item - values.1.item).magnitude < 1e-13, "\(name)")
      let gradient = try #require(scaled.gradient) * factor
      #expect(
        gradient.isClose(to: try #require(plain.gradient), absoluteTolerance: 1e-12), "\(name) at \(factor)")
    }
  }

  /// Anchors against references, as a queue: lengths that overflow leave no trace, in either type.
  @Test func anchorsAndReferencesHaveNoScale() throws {
    func parts<Scalar: TensorFloatingPointScalar>(_ factor: Scalar) throws -> [Tensor<Scalar>] {
      let rows = [testRows([3, 5], seed: 1), testRows([4, 5], seed: 2)].map {
        leaf(Tensor<Scalar>(converting: $0) * factor)
      }
      let loss = SupervisedContrastiveLoss(.init(0.3, base: nil))(
        anchors: rows[0], labels: Tensor([0, 1, 0]), references: rows[1],
        referenceLabels: Tensor([0, 1, 0, 1]),
        excluding: .sameIndex)
      loss.backward()
      return try [loss.value] + rows.map { try #require($0.gradient) * factor }
    }
    for (plain, scaled) in zip(try parts(Float(1)), try parts(Float(0x1p70))) {
      #expect(scaled.isClose(to: plain, absoluteTolerance: 1e-5))
    }
    for (plain, scaled) in zip(try parts(Double(1)), try parts(Double(0x1p700))) {
      #expect(scaled.isClose(to: plain, absoluteTolerance: 1e-12))
    }
  }

  /// Rows of 1e-25 with a floor below them are rows like any others; with the default they have the cosine 0.
  @Test func aLowFloorReachesSmallRows() throws {
    let rows = Tensor<Float>([1, 0, 0, 1, 1, 0, 0, 1], shape: [4, 2]) * 1e-25
    for (name, loss) in Self.losses(Float.self, 0.1, .length(1e-30)) where name != "InfoNCE with negatives" {
      let expected = Self.squareLoss(name)
      #expect((Double(try loss(Variable(rows)).item) - expected).magnitude < 2e-6, "\(name)")
    }
    let floored = NTXentLoss()(Variable(rows[0..<2]), Variable(rows[2..<4]))
    #expect((floored.item - log(3)).magnitude < 1e-6)
  }

  // MARK: Zero rows

  /// A row of zeros has no direction: its gradient is 0, and the others' are as with any short row.
  @Test(arguments: [CosineFloor.cosineSimilarity, .normalize]) func aRowOfZerosStaysWhereItIs(
    _ floor: CosineFloor
  ) throws {
    let rows = Tensor<Float>([0, 0, 1, 0, 0, 1, 1, 1], shape: [4, 2])
    for (name, loss) in Self.losses(Float.self, 0.1, floor) {
      let variable = leaf(rows)
      try loss(variable).backward()
      let gradient = try #require(variable.gradient)
      #expect(gradient[0] == Tensor([0, 0]), "\(name): \(gradient)")
      #expect(
        gradient.scalars.allSatisfy { $0.magnitude < 100 } && gradient[1..<4].euclideanNorm > 0, "\(name)")
    }
  }

  /// Labels 0 0 1 1: the loss is 3.1667.
  @Test func theLossOfARowOfZeros() throws {
    let rows = leaf(Tensor<Float>([0, 0, 1, 0, 0, 1, 1, 1], shape: [4, 2]))
    let loss = SupervisedContrastiveLoss()(rows, labels: Tensor([0, 0, 1, 1]))
    #expect((loss.item - 3.1667).magnitude < 1e-4)
    loss.backward()
    #expect(try #require(rows.gradient)[0] == Tensor([0, 0]))
  }

  /// Half the floor: the row is divided by a constant, z = x / f, and its slope is exact.
  @Test func belowTheFloorTheDivisorIsConstant() {
    let small = testRows([4, 2])[0..<1] * 1e-3
    let rows = testRows([4, 2])
    for (index, name) in Self.losses(Double.self, 0.5).map(\.name).enumerated() {
      let result = checkGradient(at: [small]) { variables in
        let joined = Variable(concatenating: [variables[0], Variable(rows[1..<4])], along: 0)
        return (try? Self.losses(Double.self, 0.5, .length(0.1))[index].loss(joined)) ?? Variable(Tensor(0))
      }
      #expect(result.passes, "\(name): \(result)")
    }
  }

  @Test func theFloorsAreThoseOfPyTorch() {
    #expect(CosineFloor.cosineSimilarity.length == 1e-8 && CosineFloor.normalize.length == 1e-12)
    #expect(CosineFloor.length(0.5).length == 0.5)
    #expect(SupervisedContrastiveLoss().floor == .cosineSimilarity)
    // A row of 1e-8 / 2 along the others has half their cosine, 1 at the lower floor.
    let rows = Variable(Tensor<Double>([0.5e-8, 0], shape: [1, 2]))
    let (key, other) = (
      Variable(Tensor<Double>([1, 0], shape: [1, 2])), Variable(Tensor<Double>([0, 1], shape: [1, 2]))
    )
    let half = InfoNCELoss(temperature: 1)(queries: rows, keys: key, negatives: other)
    #expect((half.item - log1p(exp(-0.5))).magnitude < 1e-12)
    let whole = InfoNCELoss(temperature: 1, floor: .normalize)(
      queries: rows, keys: key, negatives: other)
    #expect((whole.item - log1p(exp(-1))).magnitude < 1e-12)
  }

  @Test(arguments: [Float.nan, .infinity]) func aBrokenRowIsNotHidden(_ value: Float) throws {
    let rows = Tensor<Float>([1, 0, 0, 1, value, 0, 0, 1], shape: [4, 2])
    for (name, loss) in Self.losses(Float.self, 0.1) {
      #expect(try !loss(Variable(rows)).item.isFinite, "\(name)")
    }
  }

  // MARK: The graph

  @Test(arguments: [Float(1), 1e20, 3e38, 1e-6]) func neighborsHaveNoScale(_ size: Float) {
    let vectors = Tensor<Float>(rows: [[1, 0, 0], [1, 0.1, 0], [0, 0, 1], [0, 0.1, 1]]) * size
    #expect(NearestNeighborGraph(vectors).neighbors == [1, 0, 3, 2])
  }

  @Test func smallVectorsHaveNeighborsAboveTheFloor() {
    let vectors = Tensor<Float>(rows: [[1, 0, 0], [1, 0.1, 0], [0, 0, 1], [0, 0.1, 1]]) * 1e-25
    #expect(NearestNeighborGraph(vectors, floor: .length(1e-30)).neighbors == [1, 0, 3, 2])
  }
}
