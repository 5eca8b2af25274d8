import Tensor
import TestSupport
import Testing

@Suite struct ContrastiveProductTests {
  /// The eight rows of the method's check values: sin(1 + 0.7 i + 1.3 c) + 0.25 cos(0.5 i c).
  static func checkRows<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) -> Tensor<Scalar> {
    let i = Tensor<Double>(arange: 0, to: 8).reshaped(8, 1)
    let c = Tensor<Double>(arange: 0, to: 3).reshaped(1, 3)
    return Tensor(converting: (1 + 0.7 * i + 1.3 * c).sin() + 0.25 * (0.5 * i * c).cos())
  }

  static func loss<Scalar>(
    _ rows: Tensor<Scalar>, _ labels: [Int32], temperature: Scalar
  ) -> SupervisedContrastiveProduct<Scalar> {
    SupervisedContrastiveProduct(
      rows: ContrastiveRows(rows), positives: PositiveSets(labels: Tensor(labels, shape: [1, labels.count])),
      temperature: temperature)
  }

  // MARK: Check values

  /// Reference values: the method's released code (base temperature 0.07), and PyTorch 2.13.0 for the row
  /// without positives.
  @Test(arguments: [
    ([0, 1, 2, 3, 0, 1, 2, 3] as [Int32], 25.030356505774368),
    ([1, 1, 2, 3, 1, 1, 2, 3], 20.581961469725005), ([1, 1, 2, 3, 1, 1, 2, 9], 19.10468470249386),
  ])
  func lossAgreesWithCheckValues(_ labels: [Int32], _ expected: Double) {
    let exact = Self.loss(Self.checkRows(Double.self), labels, temperature: 0.1)
    #expect((exact.losses.item * 0.1 / 0.07 - expected).magnitude < 1e-9)
    let fast = Self.loss(Self.checkRows(Float.self), labels, temperature: 0.1)
    #expect((Double(fast.losses.item) * 0.1 / 0.07 - expected).magnitude < 1e-5 * expected)
  }

  @Test func orthogonalRowsByHand() {
    // Three orthogonal rows: every similarity is 0, so lse = log 2 and the sums of positives are 0.
    let rows = ContrastiveRows(Tensor<Double>(identity: 3) * 5)
    let lse = ContrastiveProduct.logSumExp(rows, temperature: 0.1)
    #expect(lse.isClose(to: Tensor(rows: [[1, 1, 1]]) * 0.6931471805599453, absoluteTolerance: 1e-15))
    let positives = PositiveSets(labels: Tensor([4, 4, -7], shape: [1, 3]))
    #expect(positives.counts == Tensor([1, 1, 0], shape: [1, 3]))
    #expect(ContrastiveProduct.positiveSums(rows, positives) == Tensor(rows: [[0, 0, 0]]))
    let loss = SupervisedContrastiveProduct(rows: rows, positives: positives, temperature: 0.1)
    #expect(loss.anchorCounts == [2])
  }

  // MARK: Gradients

  static func value(
    _ views: [Tensor<Double>], _ positives: PositiveSets, _ temperature: Double, _ cotangent: Tensor<Double>
  ) -> Double {
    let loss = SupervisedContrastiveProduct(
      rows: ContrastiveRows(views: views), positives: positives, temperature: temperature)
    return Differences.dot(loss.losses, cotangent)
  }

  @Test(arguments: [(1, 4, 3), (2, 5, 7), (3, 1, 2), (2, 9, 1)])
  func gradientsFollowDifferences(_ groups: Int, _ count: Int, _ dimension: Int) {
    let first: Tensor<Double> = Differences.tensor([groups, count, dimension], seed: 1)
    let second: Tensor<Double> = Differences.tensor([groups, count + 1, dimension], seed: 2)
    var generator = SplitMix64(seed: 5)
    let labels = (0..<groups * (2 * count + 1)).map { _ in Int32.random(in: 0..<3, using: &generator) }
    let positives = PositiveSets(labels: Tensor(labels, shape: [groups, 2 * count + 1]))
    let cotangent: Tensor<Double> = Differences.tensor([groups], seed: 3) + 2
    let gradients = SupervisedContrastiveProduct(
      rows: ContrastiveRows(views: [first, second]), positives: positives, temperature: 0.5
    ).gradients(cotangent)
    let errors = [
      Differences.relativeError(of: gradients[0], at: first, step: 1e-4) {
        Self.value([$0, second], positives, 0.5, cotangent)
      },
      Differences.relativeError(of: gradients[1], at: second, step: 1e-4) {
        Self.value([first, $0], positives, 0.5, cotangent)
      },
    ]
    // One dimension: normalised rows are signs, and the gradient vanishes.
    #expect(dimension == 1 ? gradients[0].scalars.allSatisfy { $0.magnitude < 1e-12 } : errors.max()! < 1e-7)
  }

  @Test func referenceGradientsFollowDifferences() {
    let anchors: Tensor<Double> = Differences.tensor([2, 3, 4], seed: 1)
    let references: Tensor<Double> = Differences.tensor([2, 6, 4], seed: 2)
    let weights: Tensor<Double> = Differences.tensor([2, 3], seed: 3)
    let positives = PositiveSets(
      anchorLabels: Tensor([0, 1, 9, 1, 1, 0], shape: [2, 3]),
      referenceLabels: Tensor([0, 0, 1, 1, 2, 2, 1, 1, 0, 0, 1, 1], shape: [2, 6]),
      excluding: .reference(offset: 2))
    func value(_ anchors: Tensor<Double>, _ references: Tensor<Double>) -> Double {
      let (a, r) = (ContrastiveRows(views: [anchors]), ContrastiveRows(views: [references]))
      let lse = ContrastiveProduct.logSumExp(
        anchors: a, references: r, temperature: 0.3, excluding: .reference(offset: 2))
      let sums = ContrastiveProduct.positiveSums(anchors: a, references: r, positives)
      return Differences.dot(lse - sums, weights)
    }
    let (a, r) = (ContrastiveRows(views: [anchors]), ContrastiveRows(views: [references]))
    var anchorGradient = ContrastiveGradient(for: a)
    var referenceGradient: ContrastiveGradient<Double>? = ContrastiveGradient(for: r)
    ContrastiveProduct.addLogSumExpGradient(
      anchors: a, references: r, temperature: 0.3, excluding: .reference(offset: 2),
      logSumExp: ContrastiveProduct.logSumExp(
        anchors: a, references: r, temperature: 0.3, excluding: .reference(offset: 2)), weights: weights,
      toAnchors: &anchorGradient, toReferences: &referenceGradient)
    ContrastiveProduct.addPositiveGradient(
      anchors: a, references: r, positives, weights: -weights, toAnchors: &anchorGradient,
      toReferences: &referenceGradient)
    let da = anchorGradient.throughNormalization(of: a)[0]
    let dr = referenceGradient?.throughNormalization(of: r)[0] ?? Tensor(zeros: references.shape)
    #expect(positives.counts == Tensor([2, 1, 0, 4, 4, 2], shape: [2, 3]))
    #expect(Differences.relativeError(of: da, at: anchors) { value($0, references) } < 1e-7)
    #expect(Differences.relativeError(of: dr, at: references) { value(anchors, $0) } < 1e-7)
  }

  // MARK: Float against exact

  @Test(
    arguments: [
      (1, 1, 8), (1, 2, 1), (2, 65, 32), (1, 257, 40), (3, 128, 128), (1, 700, 17), (9, 30, 130),
    ], [Float(0.1), 0.01, 0.025, 1])
  func floatAgreesWithExact(_ size: (Int, Int, Int), _ temperature: Float) {
    let (groups, count, dimension) = size
    let first: Tensor<Float> = Differences.tensor([groups, count, dimension], seed: 1)
    // Near copies, as two views of an image are.
    let second = first + 0.2 * Differences.tensor([groups, count, dimension], seed: 2)
    var generator = SplitMix64(seed: 5)
    let labels = (0..<groups * count).map { _ in Int32.random(in: 0..<Int32(1 + count / 8), using: &generator)
    }
    let half = Tensor(labels, shape: [groups, count])
    let positives = PositiveSets(labels: Tensor(concatenating: [half, half], along: 1))
    let fast = SupervisedContrastiveProduct(
      rows: ContrastiveRows(views: [first, second]), positives: positives, temperature: temperature)
    let wide = [first, second].map { Tensor<Double>(converting: $0) }
    let exact = SupervisedContrastiveProduct(
      rows: ContrastiveRows(views: wide), positives: positives, temperature: Double(temperature))
    let scale = exact.losses.scalars.reduce(1 / Double(temperature)) { max($0, $1.magnitude) }
    #expect(
      zip(fast.losses.scalars, exact.losses.scalars).allSatisfy { (Double($0) - $1).magnitude < 2e-6 * scale }
    )
    let ones = fast.gradients(Tensor(ones: [groups]))
    let expected = exact.gradients(Tensor(ones: [groups]))
    // The error of a similarity, 1e-7 / temperature, is the relative error of its exponential.
    let tolerance = 2e-6 / Double(temperature)
    // With two rows or one dimension the gradient is 0, and has no relative error.
    guard dimension > 1, count > 1 else { return }
    for (left, right) in zip(ones, expected) {
      #expect(Differences.relativeDistance(left, right) < tolerance)
    }
  }

  // MARK: Extremes

  @Test func noPositivesGiveZero() {
    let rows: Tensor<Float> = Differences.tensor([6, 5], seed: 4)
    let loss = Self.loss(rows, [0, 1, 2, 3, 4, 5], temperature: 0.1)
    #expect(loss.losses.item == 0)
    #expect(loss.gradients(Tensor([1]))[0] == Tensor(zeros: [1, 6, 5]))
    #expect(loss.anchorCounts == [0])
  }

  @Test func equalRowsAllPositive() {
    // All similarities are 1 / t, so lse = 1 / t + log(n - 1) and the loss is log(n - 1).
    let loss = Self.loss(Tensor<Float>(ones: [9, 4]), Array(repeating: 3, count: 9), temperature: 0.01)
    #expect((loss.losses.item - 2.0794415).magnitude < 1e-4)
    #expect(loss.gradients(Tensor([1]))[0].scalars.allSatisfy { $0.magnitude < 1e-4 })
  }

  @Test(arguments: [Float(0.01), 0.1]) func oppositeRowsStayFinite(_ temperature: Float) {
    // Each row's only other rows lie opposite: exp underflows without a maximum of the row's own.
    let loss = Self.loss(
      Tensor<Float>(rows: [[1, 0], [-1, 0], [-1, 1e-3]]), [0, 0, 0], temperature: temperature)
    #expect(loss.losses.item.isFinite)
    #expect(loss.gradients(Tensor([1]))[0].scalars.allSatisfy { $0.isFinite })
  }

  @Test func zeroRowsStayFinite() {
    let loss = Self.loss(Tensor<Float>(zeros: [4, 3]), [0, 0, 1, 1], temperature: 0.1)
    #expect((loss.losses.item - 1.0986123).magnitude < 1e-5)
    #expect(loss.gradients(Tensor([1]))[0] == Tensor(zeros: [1, 4, 3]))
  }

  @Test func noRowsAndNoGroups() {
    #expect(Self.loss(Tensor<Float>(zeros: [0, 3]), [], temperature: 0.1).losses == Tensor([0]))
    let rows = ContrastiveRows(views: [Tensor<Float>(zeros: [0, 4, 3])])
    #expect(ContrastiveProduct.logSumExp(rows, temperature: 0.1).shape == [0, 4])
  }

  /// Rows may be renumbered: losses stay, gradients follow.
  @Test func permutingRowsPermutesGradients() {
    let rows: Tensor<Double> = Differences.tensor([5, 4], seed: 6)
    let order = [3, 0, 4, 1, 2]
    let labels: [Int32] = [0, 1, 0, 1, 1]
    let first = Self.loss(rows, labels, temperature: 0.2)
    let moved = Self.loss(
      Tensor(rows: order.map { rows[$0].scalars }), order.map { labels[$0] }, temperature: 0.2)
    #expect((first.losses.item - moved.losses.item).magnitude < 1e-13)
    let gradient = first.gradients(Tensor([1]))[0][0]
    let expected = Tensor<Double>(rows: order.map { gradient[$0].scalars })
    #expect(moved.gradients(Tensor([1]))[0][0].isClose(to: expected, absoluteTolerance: 1e-13))
  }

  @Test func bitsDoNotDependOnThreads() {
    let rows: Tensor<Float> = Differences.tensor([2, 600, 48], seed: 7)
    let labels = Tensor<Int32>((0..<1200).map { Int32($0 % 37) }, shape: [2, 600])
    let before = ComputeThreads.count
    defer { ComputeThreads.count = before }
    let results = [1, 2, 3].map { count in
      ComputeThreads.count = count
      let loss = SupervisedContrastiveProduct(
        rows: ContrastiveRows(views: [rows]), positives: PositiveSets(labels: labels), temperature: 0.1)
      return [loss.losses] + loss.gradients(Tensor([1, 1]))
    }
    #expect(results.allSatisfy { zip($0, results[0]).allSatisfy { $0.isIdentical(to: $1) } })
  }

  /// Beside the rows and their gradient, far less than the matrix of similarities. In a process of its own,
  /// because all tests share the counters.
  @Test func memoryStaysBelowTheMatrix() async {
    await #expect(processExitsWith: .success) {
      let count = 3000
      let rows: Tensor<Float> = Differences.tensor([1, count, 16], seed: 8)
      let positives = PositiveSets(labels: Tensor(zeros: [1, count]))
      TensorMemory.resetPeak()
      let before = TensorMemory.activeBytes
      let loss = SupervisedContrastiveProduct(
        rows: ContrastiveRows(views: [rows]), positives: positives, temperature: 0.1)
      _ = loss.gradients(Tensor([1]))
      // A matrix of floats would take 4 count^2 bytes.
      #expect(TensorMemory.peakBytes - before < count * count / 4)
    }
  }

  @Test func shapesThatDoNotFitTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = SupervisedContrastiveProduct(
        rows: ContrastiveRows(Tensor<Float>(zeros: [4, 3])),
        positives: PositiveSets(labels: Tensor(zeros: [1, 5])), temperature: 0.1)
    }
    await #expect(processExitsWith: .failure) {
      _ = ContrastiveProduct.logSumExp(ContrastiveRows(Tensor<Float>(zeros: [4, 3])), temperature: 0)
    }
  }
}
