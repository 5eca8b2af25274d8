import Autograd
import Contrastive
import Foundation
import Tensor
import TestSupport
import Testing

/// What every loss of the compared methods does on rows that a young or a collapsed network gives: all is finite.
@Suite struct MethodLossEdgeTests {
  typealias PairLoss<Scalar: TensorFloatingPointScalar> = (Variable<Scalar>, Variable<Scalar>) -> Variable<
    Scalar
  >

  /// The losses of two views `[N, 3]`.
  private static func losses<Scalar: TensorFloatingPointScalar>(
    _ type: Scalar.Type
  ) -> [(name: String, hasScale: Bool, loss: PairLoss<Scalar>)] {
    let pairLabels = { (count: Int) in Tensor<Int32>((0..<2 * count).map { Int32($0 % max(count, 1) % 2) }) }
    let triplet: (TripletLoss) -> PairLoss<Scalar> = { loss in
      { loss(Variable(concatenating: [$0, $1], along: 0), labels: pairLabels($0.shape[0])) }
    }
    return [
      ("negative cosine", false, { NegativeCosineLoss(targetGradient: .flowing)($0, targets: $1) }),
      (
        "squared distance", false,
        { NegativeCosineLoss(.squaredDistance, targetGradient: .flowing)($0, targets: $1) }
      ),
      ("Barlow Twins", false, { BarlowTwinsLoss()($0, $1) }),
      ("VICReg as released", true, { VICRegLoss()($0, $1) }),
      ("VICReg as published", true, { VICRegLoss(.asPublished)($0, $1) }),
      ("alignment and uniformity", false, { AlignmentUniformityLoss()($0, $1) }),
      ("alignment of power 1", false, { AlignmentUniformityLoss(exponent: 1)($0, $1) }),
      ("triplet, all", false, triplet(TripletLoss(mining: .all))),
      ("triplet, semihard", false, triplet(TripletLoss(mining: .semihard))),
      ("triplet, hard", false, triplet(TripletLoss(mining: .hard))),
      ("triplet, batch-hard", false, triplet(TripletLoss(mining: .batchHard))),
      ("triplet, squared", false, triplet(TripletLoss(distance: .squaredEuclidean))),
      (
        "dense contrast", false,
        {
          let count = $0.shape[0]
          let matches = Tensor<Int32>((0..<count).map { Int32($0) }, shape: [1, count])
          let loss = DenseContrastLoss()
          return loss(
            queries: $0.reshaped([1, 1, count, 3]), keys: $1.value.reshaped([1, 1, count, 3]),
            matches: matches, negatives: loss.queueRows(of: Tensor(ones: [2, 1, 1, 3]))) + $1.sum() * 0
        }
      ),
      (
        "pixel contrast", false,
        {
          var generator = SplitMix64(seed: 1)
          return PixelContrastLoss()(
            Variable(stacking: [$0, $1]), labels: pairLabels($0.shape[0]).reshaped([2, $0.shape[0]]),
            using: &generator)
        }
      ),
    ]
  }

  private func expectFinite<Scalar: TensorFloatingPointScalar>(
    _ what: String, _ first: Tensor<Scalar>, _ second: Tensor<Scalar>, withScale: Bool = true
  ) throws {
    for (name, hasScale, loss) in Self.losses(Scalar.self) where withScale || !hasScale {
      let (a, b) = (leaf(first), leaf(second))
      let value = loss(a, b)
      #expect(value.item.isFinite, "\(name) on \(what): \(value.item)")
      value.backward()
      for variable in [a, b] {
        #expect(try #require(variable.gradient).isFinite().all(), "gradient of \(name) on \(what)")
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
    // VICReg squares covariances: 1e80 is no number of 32 bits.
    try expectFinite("rows of 1e20", a * 1e20, b * 1e20, withScale: Scalar.self == Double.self)
    try expectFinite("rows of both", a * 1e20, b * 1e-20, withScale: Scalar.self == Double.self)
    try expectFinite("equal rows of 1e20", ones * 1e20, ones * 1e20)
  }

  @Test func theyAreFiniteInDouble() throws { try expectAllFinite(Double.self) }
  @Test func theyAreFiniteInFloat() throws { try expectAllFinite(Float.self) }

  /// Without rows a loss is 0, and its gradient has no elements.
  @Test func anEmptyBatchCostsNothing() throws {
    for (name, _, loss) in Self.losses(Double.self) {
      let (a, b) = (leaf(Tensor<Double>(zeros: [0, 3])), leaf(Tensor<Double>(zeros: [0, 3])))
      let value = loss(a, b)
      #expect(value.item == 0, "\(name): \(value.item)")
      value.backward()
      #expect(a.gradient?.shape == [0, 3], "\(name)")
    }
  }

  @Test func aBrokenRowIsNotHidden() {
    let broken = Tensor<Double>(rows: [[1, 0, 2], [.nan, 1, 0], [0, 3, 1], [1, 1, 1]])
    for (name, _, loss) in Self.losses(Double.self) {
      let value = loss(Variable(broken), Variable(testRows([4, 3])))
      #expect(!value.item.isFinite, "\(name): \(value.item)")
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
      #expect(cosine < 3.2, "negative cosine: \(cosine)")
      let barlow = MethodLossMemoryTests.peak(4096, 64) { BarlowTwinsLoss()($0, $1) }
      #expect(barlow < 4.2, "Barlow Twins: \(barlow)")
      let vicReg = MethodLossMemoryTests.peak(4096, 64) { VICRegLoss()($0, $1) }
      #expect(vicReg < 4.2, "VICReg: \(vicReg)")
    }
  }

  /// 4,096 rows of 64 numbers: a square matrix of them would be 32 inputs, a block of 256 rows 2.
  @Test func uniformityKeepsNoSquareMatrix() async {
    await #expect(processExitsWith: .success) {
      let peak = MethodLossMemoryTests.peak(4096, 64) { AlignmentUniformityLoss()($0, $1) }
      #expect(peak < 12, "\(peak) inputs")
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

  /// 1,024 rows: an N^3 tensor would be 4 GiB, the N x N matrices are 4 MiB each.
  @Test func tripletsAreNotListed() async {
    await #expect(processExitsWith: .success) {
      var generator = SplitMix64(seed: 3)
      let rows = leaf(
        Tensor<Float>(normalWithMean: 0, standardDeviation: 1, shape: [1024, 16], using: &generator))
      TensorMemory.resetPeak()
      let before = TensorMemory.activeBytes
      TripletLoss(mining: .all)(rows, labels: Tensor((0..<1024).map { Int32($0 % 64) })).backward()
      let peak = TensorMemory.peakBytes - before
      #expect(peak < 24 << 20, "\(peak) bytes")
    }
  }
}
