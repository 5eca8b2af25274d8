import Autograd
import Contrastive
import NN
import Tensor
import TestSupport
import Testing

@Suite struct GradientCacheTests {
  /// The gradient of NT-Xent at T .5 through the normalization, as the cached gradients of two parts.
  @Test(arguments: [1, 3, 4, 8, 20]) func theGradientIsTheReference(_ partSize: Int) throws {
    let rows = leaf(methodRows(0..<8, as: Double.self))
    let unit = GradientCache(partSize: partSize)(rows) { $0 / ($0 * $0).sum(along: 1).sqrt().expanded(at: 1) }
    NTXentLoss(temperature: 0.5)(unit[0..<4], unit[4..<8]).backward()
    let gradient = try #require(rows.gradient)
    let expected = [
      0: [-0.048865955780250006, 0.051212772129944635, -0.012169869854578293],
      7: [-0.11978402141374728, 0.011203338860047476, -0.02138613263058688],
    ]
    for (row, values) in expected {
      #expect(
        gradient[row].isClose(to: Tensor(values), absoluteTolerance: 1e-9), "row \(row): \(gradient[row])")
    }
  }

  private func network() -> Sequential<Double> {
    var generator = SplitMix64(seed: 3)
    return Sequential([
      Linear<Double>(inputFeatures: 5, outputFeatures: 7, using: &generator), BatchNorm<Double>(channels: 7),
      Linear<Double>(inputFeatures: 7, outputFeatures: 4, using: &generator),
    ])
  }

  private func run(
    _ network: Sequential<Double>, _ embed: (Variable<Double>) -> Variable<Double>
  ) throws -> [Tensor<Double>] {
    let rows = embed(Variable(testRows([12, 5])))
    let loss = NTXentLoss()(rows[0..<6], rows[6..<12])
    loss.backward()
    return try [loss.value] + network.parameters.map { try #require($0.gradient) }
      + network.namedBuffers.map(\.buffer.value)
  }

  /// Four images a part: the same as four images at a time with their activations kept, batch norm and its running
  /// statistics included.
  @Test func partsAreThoseOfAllActivationsKept() throws {
    let (cached, kept) = (network(), network())
    let ours = try run(cached) { GradientCache(partSize: 4)($0) { cached($0) } }
    let theirs = try run(kept) { images in
      Variable(concatenating: (0..<3).map { kept(images[4 * $0..<4 * $0 + 4]) }, along: 0)
    }
    #expect(ours.count == theirs.count)
    for (left, right) in zip(ours, theirs) { #expect(left.isClose(to: right, absoluteTolerance: 1e-12)) }
  }

  /// In evaluation mode no layer mixes images: any parts give the gradient of the whole batch.
  @Test func partsAreTheWholeBatch() throws {
    let (cached, whole) = (network(), network())
    cached.setMode(.evaluation)
    whole.setMode(.evaluation)
    let ours = try run(cached) { GradientCache(partSize: 5)($0) { cached($0) } }
    let theirs = try run(whole) { whole($0) }
    for (left, right) in zip(ours, theirs) { #expect(left.isClose(to: right, absoluteTolerance: 1e-12)) }
  }

  @Test func randomNumbersRepeat() throws {
    let weight = leaf(testRows([5, 6]))
    let images = testRows([8, 5])
    func gradient(_ embed: (inout PhiloxGenerator) -> Variable<Double>) throws -> Tensor<Double> {
      weight.gradient = nil
      var generator = PhiloxGenerator(seed: 4)
      let rows = embed(&generator)
      NTXentLoss()(rows[0..<4], rows[4..<8]).backward()
      return try #require(weight.gradient)
    }
    let dropout = Dropout<Double>(probability: 0.3)
    let ours = try gradient { generator in
      GradientCache(partSize: 2)(Variable(images), using: &generator) {
        dropout($0.matmul(weight), using: &$1)
      }
    }
    let theirs = try gradient { generator in
      dropout(Variable(images).matmul(weight), using: &generator)
    }
    #expect(ours.isClose(to: theirs, absoluteTolerance: 1e-12))
  }

  /// Activations of one part at a time: the peak stays far below that of the whole batch. In a process of its own, because
  /// all tests share the counters.
  @Test func memoryIsThatOfAPart() async {
    await #expect(processExitsWith: .success) {
      let weights = (0..<20).map {
        leaf(Tensor<Float>(converting: testRows([64, 64], seed: UInt64($0))) / 8)
      }
      let images = Variable(Tensor<Float>(converting: testRows([4096, 64])))
      func peak(_ embed: (Variable<Float>) -> Variable<Float>) -> Int {
        let before = TensorMemory.activeBytes
        TensorMemory.resetPeak()
        let rows = embed(images)
        (rows * rows).sum().backward()
        for weight in weights { weight.gradient = nil }
        return TensorMemory.peakBytes - before
      }
      func network(_ images: Variable<Float>) -> Variable<Float> {
        weights.reduce(images) { $0.matmul($1).relu() }
      }
      let whole = peak(network)
      let parts = peak { GradientCache(partSize: 128)($0) { network($0) } }
      #expect(parts * 4 < whole, "\(parts) bytes in parts, \(whole) for the whole batch")
    }
  }
}
