import Autograd
import NN
import Tensor
import TestSupport
import Testing

/// What sliding windows do not take.
@Suite struct InferenceErrorTests {
  @Test func badSettingsAreNamed() {
    let image = Tensor<Float>(zeros: [16, 16, 1])
    func expect(
      _ text: String, _ windows: SlidingWindowInference, _ image: Tensor<Float> = image,
      location: SourceLocation = #_sourceLocation
    ) {
      let error = #expect(throws: InferenceError.self, sourceLocation: location) {
        try windows.labels(of: image, by: WindowRecorder())
      }
      #expect(error?.description == text, sourceLocation: location)
    }
    typealias Windows = SlidingWindowInference
    let window = [8, 8]
    expect("overlap = 1.0: must be in 0..<1", Windows(windowSize: window, overlap: 1))
    expect("overlap = -0.1: must be in 0..<1", Windows(windowSize: window, overlap: -0.1))
    expect("overlap = nan: must be in 0..<1", Windows(windowSize: window, overlap: .nan))
    expect("batchSize = 0: must be at least 1", Windows(windowSize: window, batchSize: 0))
    expect(
      "blending.sigmaScale = 0.0: must be positive",
      Windows(windowSize: window, blending: .gaussian(sigmaScale: 0)))
    expect(
      "mirrors = plane: windows of 2 sides have no such axis", Windows(windowSize: window, mirrors: [.plane]))
    expect(
      "windowSize = [8, 0]: a window has two or three sides of at least one pixel",
      Windows(windowSize: [8, 0]))
    expect(
      "windowSize = [8]: a window has two or three sides of at least one pixel", Windows(windowSize: [8]))
    expect(
      "windowSize = [8, 8, 8]: such windows do not go over an image of shape [16, 16, 1]",
      Windows(windowSize: [8, 8, 8]))
    expect(
      "an image of shape [0, 16, 1] has no pixel", Windows(windowSize: window), Tensor(zeros: [0, 16, 1]))
  }

  @Test func whatTheNetworkDoesNotTakeIsNamed() throws {
    var generator = SplitMix64(seed: 1)
    let network = UNet<Float>(UNetConfiguration(width: 2), classCount: 2, using: &generator)
    #expect(network.inputDescription == InputDescription(channels: 1, sizeMultiple: [16, 16]))
    let image = Tensor<Float>(zeros: [32, 32, 1])
    for size in [[24, 16], [8, 16]] {
      #expect(throws: InferenceError(.windowIsNoMultiple(window: size, multiple: [16, 16]))) {
        try SlidingWindowInference(windowSize: size).labels(of: image, by: network)
      }
    }
    let windows = SlidingWindowInference(windowSize: [16, 16])
    #expect(throws: InferenceError(.channelsDoNotFit(found: 3, expected: 1))) {
      try windows.labels(of: Tensor(zeros: [32, 32, 3]), by: network)
    }
    let error = #expect(throws: InferenceError.self) {
      try SlidingWindowInference(windowSize: [16, 16, 16]).labels(
        of: Tensor(zeros: [16, 32, 32, 1]), by: network)
    }
    #expect(error?.field == "windowSize")
    let head = try #require(network.namedParameters.last).parameter
    head.value = head.value * Float.nan
    #expect(throws: InferenceError(.scoresAreNotFinite(window: [0, 0], count: 512))) {
      try windows.labels(of: image, by: network)
    }
  }

  @Test(arguments: [Float.nan, .infinity]) func anImageThatIsNotFiniteIsRefused(value: Float) {
    var image = Tensor<Float>(zeros: [4, 16, 16, 1])
    image[2, 5, 7, 0] = value
    image[3, 5, 7, 0] = value
    #expect(throws: InferenceError(.imageIsNotFinite(place: [2, 5, 7, 0], count: 2))) {
      try SlidingWindowInference(windowSize: [8, 8]).labels(of: image, by: WindowRecorder())
    }
  }

  /// A layer that shrinks its input gives no score for each pixel.
  @Test func scoresOfAnotherShapeAreRefused() {
    let network = Conv2D<Float>(weight: Tensor(ones: [3, 3, 1, 2]), bias: nil)
    let error = InferenceError(.scoresDoNotFit(scores: [1, 6, 6, 2], windows: [1, 8, 8, 1]))
    #expect(throws: error) {
      try SlidingWindowInference(windowSize: [8, 8]).labels(of: Tensor(zeros: [8, 8, 1]), by: network)
    }
  }

  /// A signed byte holds the classes 0...127.
  @Test func labelsNeedATypeThatHoldsEveryClass() async throws {
    await #expect(processExitsWith: .failure) {
      _ = try SlidingWindowInference(windowSize: [8, 8]).labels(
        of: Tensor<Float>(zeros: [8, 8, 1]), by: equalScores(129), as: Int8.self)
    }
    let labels = try SlidingWindowInference(windowSize: [8, 8]).labels(
      of: Tensor(zeros: [8, 8, 1]), by: equalScores(128), as: Int8.self)
    #expect(labels == Tensor(zeros: [8, 8]))
  }
}

/// So many classes, all of them as probable.
private func equalScores(_ classes: Int) -> Conv2D<Float> {
  Conv2D(weight: Tensor(zeros: [1, 1, 1, classes]), bias: Tensor(zeros: [classes]))
}
