import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

@Suite struct SlidingWindowInferenceTests {
  /// The probabilities of a network that sees the whole image at once.
  private func whole<Network: Layer>(
    _ network: Network, _ image: Tensor<Network.Scalar>
  ) -> Tensor<Network.Scalar> {
    network(Variable(image.expanded(at: 0))).value.softmax(along: -1)[0]
  }

  // MARK: Pixels one by one

  /// Sides above, below and at the window's, of one pixel, odd and even; with all kinds of settings.
  @Test(arguments: [[16, 24], [17, 23], [5, 9], [1, 30], [8, 8]], [1, 3])
  func windowsOfAnImageGiveWhatTheWholeGives(sides: [Int], batchSize: Int) throws {
    let image: Tensor<Float> = testTensor(TensorShape(sides + [1]))
    let network = pointwise(Planar.self, Float.self)
    for blending in [WindowBlending.constant, .gaussian(), .gaussian(sigmaScale: 0.01)] {
      let windows = SlidingWindowInference(
        windowSize: [8, 8], overlap: 0.6, blending: blending, mirrors: [.row, .column], batchSize: batchSize)
      let probabilities = try windows.probabilities(of: image, by: network)
      #expect(probabilities.isClose(to: whole(network, image), absoluteTolerance: 1e-5))
      #expect(try windows.labels(of: image, by: network) == whole(network, image).argmax(along: -1))
    }
  }

  @Test(arguments: [[9, 10, 11], [1, 16, 12], [3, 5, 4], [4, 8, 8]])
  func windowsOfAVolumeGiveWhatTheWholeGives(sides: [Int]) throws {
    let image: Tensor<Double> = testTensor(TensorShape(sides + [1]))
    let network = pointwise(Volumetric.self, Double.self)
    for border in [BorderMode<Float>.constant(0), .edge, .reflect, .symmetric] {
      let windows = SlidingWindowInference(
        windowSize: [4, 8, 8], mirrors: [.plane], batchSize: 2, border: border)
      let probabilities = try windows.probabilities(of: image, by: network)
      #expect(probabilities.isClose(to: whole(network, image), absoluteTolerance: 1e-12))
      #expect(try windows.labels(of: image, by: network) == whole(network, image).argmax(along: -1))
    }
  }

  /// Windows of two axes go over a volume plane by plane.
  @Test func aPlanarNetworkPredictsEachPlane() throws {
    let volume: Tensor<Float> = testTensor([5, 12, 10, 1])
    let network = MeanScores<Float>()
    let windows = SlidingWindowInference(windowSize: [8, 8], mirrors: [.row], batchSize: 4)
    let probabilities = try windows.probabilities(of: volume, by: network)
    #expect(probabilities.shape == [5, 12, 10, 2])
    for plane in 0..<5 {
      let alone = try windows.probabilities(of: volume[plane], by: network)
      #expect(probabilities[plane].isClose(to: alone, absoluteTolerance: 1e-6))
    }
    // Planes do not look at each other.
    #expect(!probabilities[0].isClose(to: probabilities[1], absoluteTolerance: 1e-4))
  }

  @Test func constantsHaveNoSeam() throws {
    let image = Tensor<Float>(repeating: 0.7, shape: [30, 41, 1])
    let windows = SlidingWindowInference(windowSize: [16, 16], overlap: 0.3)
    let probabilities = try windows.probabilities(of: image, by: pointwise(Planar.self, Float.self))
    for index in 0..<3 {
      let values = probabilities.selected(along: -1, at: index)
      #expect(values.max().item - values.min().item < 1e-5)
    }
  }

  // MARK: The formula

  /// Two windows of 8 rows, at 0 and 4 of 12: between them each pixel has their mean by the weights of the formula.
  @Test(arguments: [0.125, 0.3]) func blendsFollowTheFormula(scale: Double) throws {
    let image = Tensor<Double>(shape: [12, 8, 1]) { buffer in
      for index in buffer.indices { buffer[index] = Double(index / 8) / 4 }
    }
    let windows = SlidingWindowInference(windowSize: [8, 8], blending: .gaussian(sigmaScale: scale))
    let probabilities = try windows.probabilities(of: image, by: MeanScores())
    // The mean of rows 0...7 and of 4...11, of which row r holds r / 4.
    let classOne = [0.875, 1.875].map { 1 / (1 + exp(-$0)) }
    for row in 0..<12 {
      var (sum, total) = (0.0, 0.0)
      for (window, first) in [0, 4].enumerated() where (first..<first + 8).contains(row) {
        let distance = (Double(row - first) - 3.5) / (scale * 8)
        let weight = exp(-distance * distance / 2)
        sum += weight * classOne[window]
        total += weight
      }
      #expect(abs(probabilities[row, 3, 1] - sum / total) < 1e-12)
    }
  }

  /// nnU-Net's own example: 110 pixels and windows of 64 give three windows, at 0, 23 and 46.
  @Test func windowsAreEvenlySpaced() throws {
    let recorder = WindowRecorder()
    let image = Tensor<Float>(shape: [110, 4, 1]) { buffer in
      for index in buffer.indices { buffer[index] = Float(index / 4) }
    }
    let windows = SlidingWindowInference(windowSize: [64, 4], batchSize: 2)
    _ = try windows.labels(of: image, by: recorder)
    #expect(recorder.firstValues == [0, 23, 46])
    #expect(recorder.batches == [2, 1])
  }

  @Test func mirrorsAreAveraged() throws {
    var generator = SplitMix64(seed: 3)
    let network = Conv2D<Double>(
      inputChannels: 1, outputChannels: 2, kernelSize: 3, padding: 1, using: &generator)
    let image: Tensor<Double> = testTensor([8, 8, 1])
    var expected = Tensor<Double>(zeros: [8, 8, 2])
    for axes in [[], [0], [1], [0, 1]] {
      expected = expected + whole(network, image.flipped(along: axes)).flipped(along: axes) * 0.25
    }
    var windows = SlidingWindowInference(windowSize: [8, 8])
    #expect(
      try windows.probabilities(of: image, by: network)
        .isClose(to: whole(network, image), absoluteTolerance: 1e-12))
    windows.mirrors = [.row, .column]
    let probabilities = try windows.probabilities(of: image, by: network)
    #expect(probabilities.isClose(to: expected, absoluteTolerance: 1e-12))
    #expect(!probabilities.isClose(to: whole(network, image), absoluteTolerance: 1e-3))
  }

  // MARK: Slabs

  @Test func slabsAreTheWholeInParts() throws {
    let volume: Tensor<Float> = testTensor([21, 9, 10, 1])
    let network = MeanScores<Float>()
    for windowSize in [[6, 8, 8], [8, 8]] {
      let windows = SlidingWindowInference(windowSize: windowSize, batchSize: 3)
      var slabs: [ProbabilitySlab<Float>] = []
      try windows.forEachSlab(of: volume, by: network) { slabs.append($0) }
      #expect(slabs.first?.range.lowerBound == 0 && slabs.last?.range.upperBound == 21)
      #expect(zip(slabs, slabs.dropFirst()).allSatisfy { $0.range.upperBound == $1.range.lowerBound })
      #expect(slabs.count > 3)
      let joined = Tensor(concatenating: slabs.map(\.probabilities), along: 0)
      #expect(joined.isIdentical(to: try windows.probabilities(of: volume, by: network)))
      #expect(try windows.labels(of: volume, by: network) == joined.argmax(along: -1))
    }
  }

  @Test func theBitsDoNotDependOnTheThreads() async {
    await #expect(processExitsWith: .success) {
      var generator = SplitMix64(seed: 1)
      let network = UNet<Float>(UNetConfiguration(widths: [2, 4]), classCount: 3, using: &generator)
      let image: Tensor<Float> = testTensor([40, 37, 1])
      let windows = SlidingWindowInference(windowSize: [16, 16], mirrors: [.row])
      var results: [Tensor<Float>] = []
      for count in [1, 2, 3] {
        ComputeThreads.count = count
        results.append(try windows.probabilities(of: image, by: network))
      }
      #expect(results.allSatisfy { $0.isIdentical(to: results[0]) })
    }
  }

  /// 512 planes of four classes: 8 MiB of probabilities, 2 MiB of labels, .125 MiB in one window's planes.
  @Test func labelsTakeTheMemoryOfASlab() async {
    await #expect(processExitsWith: .success) {
      let volume = Tensor<Float>(zeros: [512, 32, 32, 1])
      let network = Conv3D<Float>(
        weight: Tensor([1, 2, 3, 4], shape: [1, 1, 1, 1, 4]), bias: Tensor([0, 0, 0, 0]))
      let windows = SlidingWindowInference(windowSize: [8, 32, 32])
      let before = TensorMemory.activeBytes
      TensorMemory.resetPeak()
      _ = try windows.labels(of: volume, by: network)
      #expect(TensorMemory.peakBytes - before < (2 << 20) + 10 * (1 << 17))
      TensorMemory.resetPeak()
      _ = try windows.labels(of: volume, by: network, as: UInt8.self)
      #expect(TensorMemory.peakBytes - before < (1 << 19) + 10 * (1 << 17))
    }
  }

  /// Windows of 2 MiB of probabilities: beside the sums there are at most the scores and the probabilities of one.
  @Test func windowsAreAddedWithoutCopies() async {
    await #expect(processExitsWith: .success) {
      let volume = Tensor<Float>(zeros: [48, 64, 64, 1])
      let network = Conv3D<Float>(
        weight: Tensor([1, 2, 3, 4], shape: [1, 1, 1, 1, 4]), bias: Tensor([0, 0, 0, 0]))
      let windows = SlidingWindowInference(windowSize: [32, 64, 64])
      let before = TensorMemory.activeBytes
      TensorMemory.resetPeak()
      _ = try windows.labels(of: volume, by: network, as: UInt8.self)
      // One in three as sums, scores and probabilities; an input channel has a quarter, weights as much.
      let peak = TensorMemory.peakBytes - before
      #expect(peak < 4 * (2 << 20), "\(peak)")
    }
  }

  @Test func labelsOfBytesAreTheSame() throws {
    let image: Tensor<Float> = testTensor([20, 17, 1])
    let network = pointwise(Planar.self, Float.self)
    let windows = SlidingWindowInference(windowSize: [8, 8])
    let labels = try windows.labels(of: image, by: network)
    #expect(Set(labels.scalars).count > 1)
    let bytes = try windows.labels(of: image, by: network, as: UInt8.self)
    #expect(bytes.shape == labels.shape && bytes.scalars.map(Int32.init) == labels.scalars)
  }

  // MARK: Progress

  @Test func aHandlerSeesEveryBatchAndMayStop() throws {
    let image: Tensor<Float> = testTensor([16, 16, 1])
    let windows = SlidingWindowInference(windowSize: [8, 8], batchSize: 2)
    let network = MeanScores<Float>()
    var seen: [Int] = []
    _ = try windows.labels(of: image, by: network) { progress in
      #expect(progress.windowCount == 9 && progress.networkSeconds <= progress.seconds)
      #expect(progress.secondsRemaining >= 0)
      seen.append(progress.windowsDone)
      return .proceed
    }
    #expect(seen == [2, 4, 6, 8, 9])
    #expect(throws: InferenceError(.stopped(windows: 4, of: 9))) {
      try windows.labels(of: image, by: network) { $0.windowsDone < 4 ? .proceed : .stop }
    }
    struct Failure: Error {}
    #expect(throws: Failure.self) { try windows.labels(of: image, by: network) { _ in throw Failure() } }
    // All is done: nothing is left to stop.
    #expect(throws: Never.self) {
      try windows.labels(of: image, by: network) { $0.fraction < 1 ? .proceed : .stop }
    }
  }

  @Test func layersPredictAndKeepTheirMode() throws {
    var generator = SplitMix64(seed: 1)
    let network = UNet3D<Float>(UNetConfiguration(widths: [2, 4]), classCount: 2, using: &generator)
    let statistics = network.encoder.stages[0].norm1.state().entries
    let anyLayer: any Layer<Float> = network
    let labels = try SlidingWindowInference(windowSize: [4, 4, 4])
      .labels(of: testTensor([5, 6, 7, 1]), by: anyLayer)
    #expect(labels.shape == [5, 6, 7])
    #expect(network.encoder.stages[0].norm1.mode == .training)
    #expect(network.encoder.stages[0].norm1.state().entries == statistics)
  }
}
