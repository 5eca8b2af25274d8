import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

@Suite struct SupervisedContrastiveLossTests {
  /// The temperature and the base temperature of the reference's cases.
  static let cases: [(String, ContrastiveTemperature)] = [
    ("t0_1", .init(0.1)), ("t0_07", .init(0.07)), ("t0_5", .init(0.5)),
    ("t0_1noBase", .init(0.1, base: nil)), ("t0_01", .init(0.01, base: nil)),
  ]

  @Test(arguments: cases) func byLabelsItIsTheReference(
    _ name: String, _ scale: ContrastiveTemperature
  ) throws {
    let reference = try lossReferences()
    let labels = try reference.tensor("labels", as: Int32.self)
    try compare("supervised.\(name)", reference) { SupervisedContrastiveLoss(scale)($0, labels: labels) }
  }

  @Test(arguments: cases) func byAMaskItIsTheReference(
    _ name: String, _ scale: ContrastiveTemperature
  ) throws {
    let reference = try lossReferences()
    let mask = sameLabel(try reference.tensor("labels", as: Int32.self).scalars)
    try compare("supervised.\(name)", reference) { SupervisedContrastiveLoss(scale)($0, positives: mask) }
  }

  @Test(arguments: cases) func theOtherViewAsPositiveIsTheReference(
    _ name: String, _ scale: ContrastiveTemperature
  ) throws {
    let mask = InstancePositives.otherView.mask(batch: 6)
    try compare("ntXent.\(name)", lossReferences()) { SupervisedContrastiveLoss(scale)($0, positives: mask) }
  }

  @Test func positivesByPositionAreTheReference() throws {
    let reference = try lossReferences()
    let positions = try reference.tensor("positions", as: Double.self).scalars
    let mask = InstancePositives.positions(positions).mask(batch: 6)
    try compare("positions.t0_1", reference) { SupervisedContrastiveLoss()($0, positives: mask) }
  }

  private func compare(
    _ name: String, _ reference: ReferenceValues, _ loss: (Variable<Double>) -> Variable<Double>
  ) throws {
    let rows = leaf(try reference.tensor("rows", as: Double.self))
    let value = loss(rows)
    value.backward()
    let expected = try reference.number("\(name).value")
    #expect(abs(value.item - expected) <= 1e-10, "\(name): \(value.item), reference \(expected)")
    let gradient = try #require(rows.gradient)
    #expect(gradient.relativeError(to: try reference.tensor("\(name).gradient")) <= 1e-10)
  }

  // MARK: Check values of the method

  @Test func theCheckValuesHold() {
    let identity = SupervisedContrastiveLoss()(
      Variable(checkRows), positives: InstancePositives.otherView.mask(batch: 4))
    #expect(abs(identity.item - 25.030356505774368) <= 1e-9)
    let byPosition = SupervisedContrastiveLoss()(
      Variable(checkRows),
      positives: InstancePositives.positions([0.05, 0.12, 0.5, 0.9], threshold: 0.1).mask(batch: 4))
    #expect(abs(byPosition.item - 20.581961469725005) <= 1e-9)
    let byLabel = SupervisedContrastiveLoss()(
      Variable(checkRows), labels: Tensor([1, 1, 2, 3, 1, 1, 2, 3]))
    #expect(abs(byLabel.item - 20.581961469725005) <= 1e-9)
  }

  @Test func twoRowsByHand() {
    // Unit rows at a right angle: s_12 = 0 is the only pair, so L = -(0 - log exp 0) = 0.
    let alone = SupervisedContrastiveLoss(.init(0.1, base: nil))(
      Variable(Tensor(rows: [[3, 0], [0, 2]])), labels: Tensor([4, 4]))
    #expect(alone.item == 0)
    // A third row opposite to the first, T = 1: for i = 1, s = (0, -1): log(1 + 1/e); for i = 2, s = (0, 0): log 2.
    let three = SupervisedContrastiveLoss(.init(1, base: nil))(
      Variable(Tensor(rows: [[3, 0], [0, 2], [-1, 0]])), labels: Tensor([4, 4, 5]))
    #expect(abs(three.item - (log(1 + exp(-1)) + log(2)) / 2) <= 1e-12)
  }

  // MARK: Gradients

  @Test(arguments: [1.0, 0.1]) func gradientsAgreeWithFiniteDifferences(_ temperature: Double) {
    let loss = SupervisedContrastiveLoss(.init(temperature))
    let labels = Tensor<Int32>([0, 1, 0, 2, 1, 0, 5])
    let byLabels = checkGradient(at: [testRows([7, 3])]) { loss($0[0], labels: labels) }
    #expect(byLabels.passes, "\(byLabels)")
    let mask = sameLabel(labels.scalars)
    let byMask = checkGradient(at: [testRows([7, 3])]) { loss($0[0], positives: mask) }
    #expect(byMask.passes, "\(byMask)")
  }

  @Test func anchorsAndReferencesBothReceiveGradients() {
    let positives = Tensor<Bool>(
      (0..<15).map { $0 % 4 == 1 || $0 == 3 }, shape: [3, 5])
    let result = checkGradient(at: [testRows([3, 4]), testRows([5, 4], seed: 8)]) {
      SupervisedContrastiveLoss(.init(0.5))(
        anchors: $0[0], references: $0[1], positives: positives)
    }
    #expect(result.passes, "\(result)")
  }

  @Test func groupsAreLossesByThemselves() {
    let rows = testRows([2, 6, 3])
    let labels = Tensor<Int32>(rows: [[0, 0, 1, 1, 2, 3], [7, 8, 7, 8, 7, 8]])
    let (losses, counts) = SupervisedContrastiveLoss().groupLosses([Variable(rows)], labels: labels)
    let alone = (0..<2).map {
      SupervisedContrastiveLoss()(Variable(rows[$0]), labels: labels[$0]).item
    }
    #expect(losses.value.isClose(to: Tensor(alone), absoluteTolerance: 1e-12))
    #expect(counts == Tensor(rows: [[1, 1, 1, 1, 0, 0], [2, 2, 2, 2, 2, 2]]))
  }

  // MARK: Extremes

  @Test func withoutPositivesLossAndGradientAreZero() throws {
    let rows = leaf(testRows([4, 3]))
    let byLabels = SupervisedContrastiveLoss()(rows, labels: Tensor([0, 1, 2, 3]))
    #expect(byLabels.item == 0)
    byLabels.backward()
    #expect(try #require(rows.gradient) == Tensor(zeros: [4, 3]))
    let masked = leaf(testRows([4, 3]))
    let byMask = SupervisedContrastiveLoss()(
      masked, positives: Tensor(repeating: false, shape: [4, 4]))
    #expect(byMask.item == 0)
    byMask.backward()
    #expect(try #require(masked.gradient) == Tensor(zeros: [4, 3]))
  }

  @Test(arguments: [0.01, 1]) func equalRowsGiveTheLogarithmOfTheOthers(_ temperature: Double) throws {
    // All similarities are 1/T: log sum exp - s = log(N - 1), whatever is positive.
    let rows = leaf(Tensor<Double>(repeating: 0.3, shape: [6, 3]))
    let all = SupervisedContrastiveLoss(.init(temperature, base: nil))(
      rows, labels: Tensor<Int32>(zeros: [6]))
    #expect(abs(all.item - log(5)) <= 1e-10)
    all.backward()
    #expect(try #require(rows.gradient).euclideanNorm <= 1e-10)
  }

  @Test func allPositivesStayFinite() throws {
    let rows = leaf(testRows([9, 4]))
    let loss = SupervisedContrastiveLoss(.init(0.01))(rows, labels: Tensor<Int32>(zeros: [9]))
    loss.backward()
    #expect(loss.item.isFinite && loss.item > 0)
    #expect(try #require(rows.gradient).isFinite().scalars.allSatisfy { $0 })
  }

  @Test func aTemperatureOfAHundredthStaysFiniteInFloat() throws {
    let rows = leaf(Tensor<Float>(converting: testRows([64, 8]) * 1e4))
    let labels = Tensor<Int32>((0..<64).map { Int32($0 / 4) })
    let loss = SupervisedContrastiveLoss(.init(0.01))(rows, labels: labels)
    loss.backward()
    #expect(loss.item.isFinite)
    #expect(try #require(rows.gradient).isFinite().scalars.allSatisfy { $0 })
  }

  @Test func lengthsOfRowsDoNotMatter() {
    let rows = testRows([6, 3])
    let labels = Tensor<Int32>([0, 0, 1, 1, 2, 2])
    let loss = SupervisedContrastiveLoss()
    let difference = loss(Variable(rows), labels: labels).item - loss(Variable(rows * 7), labels: labels).item
    #expect(abs(difference) <= 1e-12)
  }

  @Test func zeroRowsStayFinite() throws {
    let rows = leaf(Tensor<Double>(zeros: [4, 3]))
    let loss = SupervisedContrastiveLoss()(rows, labels: Tensor([0, 0, 1, 1]))
    loss.backward()
    #expect(loss.item.isFinite)
    #expect(try #require(rows.gradient).isFinite().scalars.allSatisfy { $0 })
  }

  @Test func labelsThatDoNotFitStop() async {
    await #expect(processExitsWith: .failure) {
      _ = SupervisedContrastiveLoss()(Variable(testRows([4, 3])), labels: Tensor([0, 1, 2]))
    }
  }

  private func sameLabel(_ labels: [Int32]) -> Tensor<Bool> {
    Tensor(labels.flatMap { left in labels.map { $0 == left } }, shape: [labels.count, labels.count])
  }
}
