import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// What every loss does on rows that a young or a collapsed network gives: all is finite.
@Suite struct MethodLossEdgeTests {
  private func expectFinite<Scalar: TensorFloatingPointScalar>(
    _ what: String, _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, withScale: Bool = true
  ) throws {
    for temperature in [0.01, 0.1, 1] {
      for each in everyLoss(Scalar.self, temperature: temperature) where withScale || !each.hasScale {
        let (a, b) = (leaf(first), leaf(second))
        let value = each.loss(a, b)
        #expect(value.item.isFinite, "\(each.name) at \(temperature) on \(what): \(value.item)")
        value.backward()
        for variable in [a, b] {
          let gradient = try #require(variable.gradient, "\(each.name) on \(what)")
          #expect(gradient.isFinite().all(), "gradient of \(each.name) at \(temperature) on \(what)")
        }
      }
    }
  }

  private func expectAllFinite<Scalar: TensorFloatingPointScalar>(_ type: Scalar.Type) throws {
    let a = Tensor<Scalar>(converting: testRows([6, 3]))
    let b = Tensor<Scalar>(converting: testRows([6, 3], seed: 8))
    try expectFinite("plain rows", a, b)
    try expectFinite("one row", a[0..<1], b[0..<1])
    try expectFinite("two rows", a[0..<2], b[0..<2])
    let (ones, zeros) = (Tensor<Scalar>(ones: [6, 3]), Tensor<Scalar>(zeros: [6, 3]))
    try expectFinite("equal rows", ones, ones)
    try expectFinite("equal views", a, a)
    try expectFinite("opposite views", a, -a)
    try expectFinite("vanishing rows", zeros, zeros)
    try expectFinite("some vanishing rows", a * Tensor([0, 1, 0, 1, 1, 1]).expanded(at: 1), b)
    try expectFinite("rows of 1e-20", a * 1e-20, b * 1e-20)
    // VICReg squares covariances, a mean squared error differences: 1e80 and 1e40 are no numbers of 32 bits.
    let holdsSquares = Scalar.self == Double.self
    try expectFinite("rows of 1e20", a * 1e20, b * 1e20, withScale: holdsSquares)
    try expectFinite("rows of both", a * 1e20, b * 1e-20, withScale: holdsSquares)
    try expectFinite("equal rows of 1e20", ones * 1e20, ones * 1e20, withScale: holdsSquares)
  }

  @Test func theyAreFiniteInDouble() throws { try expectAllFinite(Double.self) }
  @Test func theyAreFiniteInFloat() throws { try expectAllFinite(Float.self) }

  /// Of equal rows nothing is left to square.
  @Test func vicRegOfEqualRowsOfAnySizeIsFiniteInFloat() throws {
    for each in everyLoss(Float.self) where each.name.hasPrefix("VICReg") {
      let views = (0..<2).map { _ in leaf(Tensor<Float>(ones: [6, 3]) * 1e20) }
      let value = each.loss(views[0], views[1])
      #expect(value.item.isFinite, "\(each.name): \(value.item)")
      value.backward()
      for view in views { #expect(try #require(view.gradient).isFinite().all(), "\(each.name)") }
    }
  }

  /// Without rows a loss is 0, and its gradient has no elements.
  @Test func anEmptyBatchCostsNothing() throws {
    for each in everyLoss(Double.self) {
      let (a, b) = (leaf(Tensor<Double>(zeros: [0, 3])), leaf(Tensor<Double>(zeros: [0, 3])))
      let value = each.loss(a, b)
      #expect(value.item == 0, "\(each.name): \(value.item)")
      value.backward()
      #expect(a.gradient?.shape == [0, 3] && b.gradient?.shape == [0, 3], "\(each.name)")
    }
  }

  @Test func aBrokenRowIsNotHidden() {
    let broken = Tensor<Double>(rows: [[1, 0, 2], [.nan, 1, 0], [0, 3, 1], [1, 1, 1]])
    for each in everyLoss(Double.self) {
      let value = each.loss(Variable(broken), Variable(testRows([4, 3])))
      #expect(!value.item.isFinite, "\(each.name): \(value.item)")
    }
  }

  /// Without a scale, rows times a power of two have the loss of the rows and a gradient over that power.
  @Test(arguments: [0x1p66, 0x1p-12]) func scaleLeavesNoTrace(_ factor: Double) throws {
    let rows = [testRows([6, 3]), testRows([6, 3], seed: 8)]
    for each in everyLoss(Double.self) where !each.hasScale && !["Barlow Twins", "SwAV"].contains(each.name) {
      let (plain, scaled) = (rows.map { leaf($0) }, rows.map { leaf($0 * factor) })
      let values = [each.loss(plain[0], plain[1]), each.loss(scaled[0], scaled[1])]
      for value in values { value.backward() }
      #expect(abs(values[0].item - values[1].item) <= 1e-12, "\(each.name): \(values.map(\.item))")
      for (one, other) in zip(plain, scaled) {
        let (expected, gradient) = (try #require(one.gradient), try #require(other.gradient) * factor)
        #expect(gradient.isClose(to: expected, absoluteTolerance: 1e-11), "\(each.name)")
      }
    }
  }

  /// A row of zeros has no direction to move in.
  @Test func rowsOfZerosStayWhereTheyAre() throws {
    let rows = testRows([6, 3]) * Tensor([0, 1, 0, 1, 1, 1]).expanded(at: 1)
    for each in everyLoss(Double.self) where !each.hasScale && !["Barlow Twins", "SwAV"].contains(each.name) {
      let (a, b) = (leaf(rows), leaf(testRows([6, 3], seed: 8)))
      each.loss(a, b).backward()
      let gradient = try #require(a.gradient)
      #expect(gradient[0].euclideanNorm == 0 && gradient[2].euclideanNorm == 0, "\(each.name): \(gradient)")
    }
  }

  /// Settings go into checkpoints: they come back as they were.
  @Test func settingsAreCodable() throws {
    func expectRoundTrip<Loss: Codable & Equatable>(_ loss: Loss) throws {
      #expect(try JSONDecoder().decode(Loss.self, from: JSONEncoder().encode(loss)) == loss)
    }
    try expectRoundTrip(NegativeCosineLoss.byol)
    try expectRoundTrip(BarlowTwinsLoss(redundancyWeight: 0.1))
    try expectRoundTrip(VICRegLoss(.asPublished))
    try expectRoundTrip(TripletLoss(mining: .semihard, distance: .squaredEuclidean))
    try expectRoundTrip(AlignmentUniformityLoss(exponent: 1))
    try expectRoundTrip(DenseContrastLoss(warmUpSteps: 7))
    try expectRoundTrip(PixelContrastLoss(pixelsPerClass: nil, ignoredLabel: 255, scope: .batch))
  }
}

/// Peaks of tensor memory during loss and backward beyond the inputs.
@Suite struct MethodLossMemoryTests {
  private static func peak(
    _ count: Int, _ features: Int, _ loss: (Variable<Float>, Variable<Float>) -> Variable<Float>
  ) -> Double {
    var generator = SplitMix64(seed: 3)
    let views = (0..<2).map { _ in
      leaf(
        Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [count, features], using: &generator))
    }
    TensorMemory.resetPeak()
    let before = TensorMemory.activeBytes
    loss(views[0], views[1]).backward()
    return Double(TensorMemory.peakBytes - before) / Double(2 * count * features * 4)
  }

  /// In units of the two inputs; their gradients are one of them.
  @Test func lossesOnPairsKeepAFewCopiesOfTheirRows() async {
    await #expect(processExitsWith: .success) {
      let cosine = MethodLossMemoryTests.peak(4096, 64) {
        NegativeCosineLoss(.squaredDistance, targetGradient: .flowing)($0, targets: $1)
      }
      #expect(cosine < 1.2, "negative cosine: \(cosine)")
      let barlow = MethodLossMemoryTests.peak(4096, 64) { BarlowTwinsLoss()($0, $1) }
      #expect(barlow < 2.3, "Barlow Twins: \(barlow)")
      let vicReg = MethodLossMemoryTests.peak(4096, 64) { VICRegLoss()($0, $1) }
      #expect(vicReg < 2.3, "VICReg: \(vicReg)")
      // Matrices of the features would be 2 and 4 inputs.
      let wideBarlow = MethodLossMemoryTests.peak(128, 512) { BarlowTwinsLoss()($0, $1) }
      #expect(wideBarlow < 2.6, "Barlow Twins of wide rows: \(wideBarlow)")
      let wideVICReg = MethodLossMemoryTests.peak(128, 512) { VICRegLoss()($0, $1) }
      #expect(wideVICReg < 2.6, "VICReg of wide rows: \(wideVICReg)")
    }
  }

  /// 4,096 rows of 64 numbers: a square matrix of them would be 32 inputs.
  @Test func uniformityKeepsNoSquareMatrix() async {
    await #expect(processExitsWith: .success) {
      let peak = MethodLossMemoryTests.peak(4096, 64) { AlignmentUniformityLoss()($0, $1) }
      #expect(peak < 3, "\(peak) inputs")
    }
  }

  /// 256 places against a queue of 16,384: their similarities are 4 MiB for 64 places, 16 for all.
  @Test func denseContrastKeepsNoSimilarities() async {
    await #expect(processExitsWith: .success) {
      var generator = SplitMix64(seed: 3)
      let queries = leaf(
        Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [16, 16, 16, 32], using: &generator))
      let negatives = Tensor<Float>(
        normalWithMean: 0, standardDeviation: 1, shape: [4096, 32], using: &generator)
      TensorMemory.resetPeak()
      let before = TensorMemory.activeBytes
      DenseContrastLoss()(
        queries: queries, keys: queries.value, matches: Tensor(zeros: [16, 256]), negatives: negatives
      ).backward()
      let peak = TensorMemory.peakBytes - before
      // All similarities: 4,096 x 4,097 numbers, 64 MiB.
      #expect(peak < 20 << 20, "\(peak) bytes")
    }
  }

  /// 1,024 rows: an N^3 tensor would be 4 GiB, an N x N matrix 4 MiB.
  @Test func tripletsAreNotListed() async {
    await #expect(processExitsWith: .success) {
      var generator = SplitMix64(seed: 3)
      let rows = leaf(
        Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [1024, 16], using: &generator))
      TensorMemory.resetPeak()
      let before = TensorMemory.activeBytes
      TripletLoss(mining: .all)(rows, labels: Tensor((0..<1024).map { Int32($0 % 64) })).backward()
      let peak = TensorMemory.peakBytes - before
      #expect(peak < 1 << 20, "\(peak) bytes")
    }
  }
}
