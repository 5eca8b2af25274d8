import Autograd
import Contrastive
import Tensor
import TestSupport
import Testing

@Suite struct ContrastiveProductTests {
  static func rows<Scalar: TensorFloatingPointScalar>(_ shape: TensorShape, seed: UInt64) -> Tensor<Scalar> {
    Tensor(converting: testRows(shape, seed: seed))
  }

  /// The loss of one group and its gradient.
  static func loss<Scalar: TensorFloatingPointScalar>(
    _ rows: Tensor<Scalar>, _ labels: [Int32], temperature: Double
  ) throws -> (value: Scalar, gradient: Tensor<Scalar>) {
    let variable = leaf(rows)
    let loss = SupervisedContrastiveLoss(.init(temperature, base: nil))(variable, labels: Tensor(labels))
    loss.backward()
    return (loss.item, try #require(variable.gradient))
  }

  // MARK: Check values

  /// Reference values: the method's released code (base temperature 0.07), and PyTorch 2.13.0 for the row
  /// without positives.
  @Test(arguments: [
    ([0, 1, 2, 3, 0, 1, 2, 3] as [Int32], 25.030356505774368),
    ([1, 1, 2, 3, 1, 1, 2, 3], 20.581961469725005), ([1, 1, 2, 3, 1, 1, 2, 9], 19.10468470249386),
  ])
  func lossAgreesWithCheckValues(_ labels: [Int32], _ expected: Double) throws {
    let exact = try Self.loss(checkRows, labels, temperature: 0.1).value
    #expect((exact * 0.1 / 0.07 - expected).magnitude < 1e-9)
    let fast = try Self.loss(Tensor<Float>(converting: checkRows), labels, temperature: 0.1).value
    #expect((Double(fast) * 0.1 / 0.07 - expected).magnitude < 1e-5 * expected)
  }

  @Test func orthogonalRowsByHand() {
    // Three orthogonal rows: every similarity is 0, so lse = log 2 and the sums of positives are 0.
    let rows = RowComparison(ContrastiveRows(Tensor<Double>(identity: 3) * 5))
    let lse = ContrastiveProduct.reduce(rows, [PairTerm(.logSumExp, temperature: 0.1)])[0].values
    #expect(lse.isClose(to: Tensor(rows: [[1, 1, 1]]) * 0.6931471805599453, absoluteTolerance: 1e-15))
    let positives = PositiveSets(labels: Tensor([4, 4, -7], shape: [1, 3]))
    #expect(positives.counts == Tensor([1, 1, 0], shape: [1, 3]))
    #expect(ContrastiveProduct.positiveSums(rows, positives) == Tensor(rows: [[0, 0, 0]]))
  }

  /// A partner is a positive of its own; one of the same label is a positive already.
  @Test func partnersAreFurtherPositives() {
    let sets = PositiveSets(
      labels: Tensor([3, 3, 5, 6], shape: [1, 4]), partners: Tensor([2, 0, 0, 1], shape: [1, 4]))
    #expect(sets.counts == Tensor([2, 1, 1, 1], shape: [1, 4]))
    let rows = RowComparison(ContrastiveRows(Tensor<Double>(rows: [[2, 0], [0, 1], [1, 1], [-3, 0]])))
    let half = 0.5.squareRoot()
    let expected = Tensor<Double>(rows: [[half, 0, half, 0]])
    #expect(ContrastiveProduct.positiveSums(rows, sets).isClose(to: expected, absoluteTolerance: 1e-15))
  }

  /// Ties go to the first reference; a row that is not finite has none.
  @Test func theLargestOfEqualsIsTheFirst() {
    func expectPlaces<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) {
      let anchors = ContrastiveRows(Tensor<Scalar>(rows: [[1, 0], [0, 1], [.nan, 1]]))
      let references = ContrastiveRows(Tensor<Scalar>(rows: [[-1, 0], [0, 3], [2, 0], [5, 0], [0, 1]]))
      let sums = ContrastiveProduct.reduce(
        RowComparison(anchors: anchors, references: references, excluding: .index(offset: 2)),
        [PairTerm(.largest, temperature: 0.1)])[0]
      // Anchor 0 leaves out reference 2.
      #expect(sums.places == Tensor([3, 1, -1], shape: [1, 3]))
      #expect(sums.values.scalars == [1, 1, -.infinity])
    }
    expectPlaces(Double.self)
    expectPlaces(Float.self)
  }

  // MARK: Gradients

  @Test(arguments: [(1, 4, 3), (2, 5, 7), (3, 1, 2), (2, 9, 1)])
  func gradientsOfGroupsAgreeWithFiniteDifferences(_ groups: Int, _ count: Int, _ dimension: Int) {
    let points = [
      testRows([groups, count, dimension], seed: 1), testRows([groups, count + 1, dimension], seed: 2),
    ]
    var generator = SplitMix64(seed: 5)
    let labels = Tensor<Int32>(
      (0..<groups * (2 * count + 1)).map { _ in Int32.random(in: 0..<3, using: &generator) },
      shape: [groups, 2 * count + 1])
    let cotangent = Variable(testRows([groups], seed: 3))
    let result = checkGradient(at: points) {
      (SupervisedContrastiveLoss(.init(0.5, base: nil)).groupLosses($0, labels: labels).losses * cotangent)
        .sum()
    }
    #expect(result.passes, "\(result)")
  }

  // MARK: Float against exact

  @Test(
    arguments: [
      (1, 1, 8), (1, 2, 1), (2, 65, 32), (1, 257, 40), (3, 128, 128), (1, 700, 17), (9, 30, 130),
    ], [0.1, 0.01, 0.025, 1])
  func floatAgreesWithExact(_ size: (Int, Int, Int), _ temperature: Double) throws {
    let (groups, count, dimension) = size
    let first: Tensor<Float> = Self.rows([groups, count, dimension], seed: 1)
    // Near copies, as two views of an image are.
    let second = first + 0.2 * Self.rows([groups, count, dimension], seed: 2)
    var generator = SplitMix64(seed: 5)
    let labels = (0..<groups * count).map { _ in Int32.random(in: 0..<Int32(1 + count / 8), using: &generator)
    }
    let half = Tensor(labels, shape: [groups, count])
    let both = Tensor(concatenating: [half, half], along: 1)
    let loss = SupervisedContrastiveLoss(.init(temperature, base: nil))
    let fast = [first, second].map { leaf($0) }
    let wide = [first, second].map { leaf(Tensor<Double>(converting: $0)) }
    let losses = loss.groupLosses(fast, labels: both).losses
    let exact = loss.groupLosses(wide, labels: both).losses
    let scale = exact.value.scalars.reduce(1 / temperature) { max($0, $1.magnitude) }
    #expect(
      zip(losses.value.scalars, exact.value.scalars).allSatisfy {
        (Double($0) - $1).magnitude < 2e-6 * scale
      })
    losses.sum().backward()
    exact.sum().backward()
    // With two rows or one dimension the gradient is 0, and has no relative error.
    guard dimension > 1, count > 1 else { return }
    for (left, right) in zip(fast, wide) {
      // The error of a similarity, 1e-7 / temperature, is the relative error of its exponential.
      let error = try #require(left.gradient).relativeError(to: try #require(right.gradient))
      #expect(error < 2e-6 / temperature)
    }
  }

  // MARK: Extremes

  @Test func noPositivesGiveZero() throws {
    let loss = try Self.loss(
      Self.rows([6, 5], seed: 4) as Tensor<Float>, [0, 1, 2, 3, 4, 5], temperature: 0.1)
    #expect(loss.value == 0)
    #expect(loss.gradient == Tensor(zeros: [6, 5]))
  }

  @Test func equalRowsAllPositive() throws {
    // All similarities are 1 / t, so lse = 1 / t + log(n - 1) and the loss is log(n - 1).
    let loss = try Self.loss(
      Tensor<Float>(ones: [9, 4]), Array(repeating: 3, count: 9), temperature: 0.01)
    #expect((loss.value - 2.0794415).magnitude < 1e-4)
    #expect(loss.gradient.scalars.allSatisfy { $0.magnitude < 1e-4 })
  }

  @Test(arguments: [0.01, 0.1]) func oppositeRowsStayFinite(_ temperature: Double) throws {
    // Each row's only other rows lie opposite: exp underflows without a maximum of the row's own.
    let loss = try Self.loss(
      Tensor<Float>(rows: [[1, 0], [-1, 0], [-1, 1e-3]]), [0, 0, 0], temperature: temperature)
    #expect(loss.value.isFinite)
    #expect(loss.gradient.scalars.allSatisfy { $0.isFinite })
  }

  @Test func zeroRowsStayFinite() throws {
    let loss = try Self.loss(Tensor<Float>(zeros: [4, 3]), [0, 0, 1, 1], temperature: 0.1)
    #expect((loss.value - 1.0986123).magnitude < 1e-5)
    #expect(loss.gradient == Tensor(zeros: [4, 3]))
  }

  @Test func noRowsAndNoGroups() throws {
    #expect(try Self.loss(Tensor<Float>(zeros: [0, 3]), [], temperature: 0.1).value == 0)
    let rows = RowComparison(ContrastiveRows(views: [Tensor<Float>(zeros: [0, 4, 3])]))
    let sums = ContrastiveProduct.reduce(rows, [PairTerm(.logSumExp, temperature: 0.1)])
    #expect(sums[0].values.shape == [0, 4])
  }

  /// Rows may be renumbered: losses stay, gradients follow.
  @Test func permutingRowsPermutesGradients() throws {
    let rows = testRows([5, 4], seed: 6)
    let order = [3, 0, 4, 1, 2]
    let labels: [Int32] = [0, 1, 0, 1, 1]
    let first = try Self.loss(rows, labels, temperature: 0.2)
    let moved = try Self.loss(
      Tensor(rows: order.map { rows[$0].scalars }), order.map { labels[$0] }, temperature: 0.2)
    #expect((first.value - moved.value).magnitude < 1e-13)
    let expected = Tensor<Double>(rows: order.map { first.gradient[$0].scalars })
    #expect(moved.gradient.isClose(to: expected, absoluteTolerance: 1e-13))
  }

  @Test func shapesThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      let rows = RowComparison(ContrastiveRows(Tensor<Float>(zeros: [4, 3])))
      _ = ContrastiveProduct.positiveSums(rows, PositiveSets(labels: Tensor(zeros: [1, 5])))
    }
    await #expect(processExitsWith: .failure) { _ = PairTerm<Float>(.logSumExp, temperature: 0) }
    await #expect(processExitsWith: .failure) {
      let rows = RowComparison(ContrastiveRows(Tensor<Float>(zeros: [4, 3])))
      let mask = PositivePairs.mask(Tensor(repeating: true, shape: [4, 4]))
      _ = ContrastiveProduct.reduce(rows, [PairTerm(.logSumExp, over: .positives(mask), temperature: 1)])
    }
  }
}
