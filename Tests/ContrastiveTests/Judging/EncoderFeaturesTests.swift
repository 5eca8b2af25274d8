import Autograd
import Contrastive
import NN
import Superpixel
import Tensor
import TestSupport
import Testing

@Suite struct EncoderFeaturesTests {
  /// An encoder whose norm layers have seen a batch, so that its two modes differ.
  private func encoder() -> any FeatureEncoder<Float> {
    var generator = PhiloxGenerator(seed: 1)
    let encoder = EncoderBlueprint.unet(width: 4).makeEncoder(using: &generator)
    for _ in 0..<3 {
      _ = encoder(Variable(Tensor(stacking: testSlices(4, height: 32, width: 32).map(\.image))))
    }
    return encoder
  }

  /// The state of every norm layer, parameters and statistics.
  private func state(_ encoder: any FeatureEncoder<Float>) -> [Tensor<Float>] {
    encoder.parameters.map(\.value) + encoder.namedBuffers.map(\.buffer.value)
  }

  @Test func normStatisticsAndModesStay() throws {
    let encoder = encoder()
    let images = testSlices(5, height: 32, width: 48)
    let before = state(encoder)
    encoder.setMode(.training)
    let pooled = try encoder.pooledFeatures(of: images, batchSize: 2)
    let maps = try encoder.featureMaps(of: images, batchSize: 2)
    #expect(state(encoder) == before, "running statistics moved")
    #expect(encoder.parameters.allSatisfy { $0.gradient == nil })
    // The layers are in training mode again: one more batch moves the statistics.
    _ = encoder(Variable(images[0].image.expanded(at: 0)))
    #expect(state(encoder) != before)
    // They are those of evaluation mode, not of training.
    let fresh = self.encoder()
    let all = Variable(Tensor(stacking: images.map(\.image)))
    let evaluation = fresh.withMode(.evaluation) { withoutGradient { fresh(all).last?.value } }
    let expected = try #require(evaluation)
    #expect(maps.isClose(to: expected, absoluteTolerance: 1e-5))
    #expect(pooled.isClose(to: expected.globalAveragePool(), absoluteTolerance: 1e-5))
    let training = try #require(fresh(all).last?.value)
    #expect(!maps.isClose(to: training, absoluteTolerance: 1e-2))
  }

  @Test func everyLevelAndBatch() throws {
    let encoder = encoder()
    let images = testSlices(5, height: 32, width: 48)
    for (level, description) in encoder.encoderDescription.levels.enumerated() {
      let pooled = try encoder.pooledFeatures(of: images, level: level)
      #expect(pooled.shape == [5, description.channels])
      #expect(
        try encoder.pooledFeatures(of: images, level: level, batchSize: 1).isClose(
          to: pooled, absoluteTolerance: 1e-5))
      let maps = try encoder.featureMaps(of: images, level: level, batchSize: 3)
      #expect(maps.shape == [5, 32 >> level, 48 >> level, description.channels])
      #expect(maps.mean(along: [1, 2]).isClose(to: pooled, absoluteTolerance: 1e-5))
    }
    // One row an image, in their order.
    let single = try encoder.pooledFeatures(of: [images[3]])
    let all = try encoder.pooledFeatures(of: images)
    #expect(single[0].isClose(to: all[3], absoluteTolerance: 1e-5))
  }

  /// Averages need no common size; maps of one tensor do.
  @Test func sizesMayDiffer() throws {
    let encoder = encoder()
    let images =
      testSlices(2, height: 32, width: 32) + testSlices(1, height: 48, width: 64)
      + testSlices(3, height: 32, width: 32)
    let pooled = try encoder.pooledFeatures(of: images)
    #expect(pooled.shape[0] == 6)
    #expect(
      try encoder.pooledFeatures(of: [images[2]])[0].isClose(to: pooled[2], absoluteTolerance: 1e-5))
    let error = #expect(throws: FeatureError.self) { try encoder.featureMaps(of: images) }
    if case .imageDoesNotFit(let index, let shape, _)? = error?.code {
      #expect(index == 2 && shape == [48, 64, 1])
    } else {
      Issue.record("\(String(describing: error))")
    }
  }

  @Test func badImagesAreRefused() throws {
    let encoder = encoder()
    let good = testSlices(1, height: 32, width: 32)
    for bad in [[31, 32, 1], [32, 32, 2], [32, 32], [0, 32, 1]] {
      let images = good + [PretrainingImage(Tensor<Float>(zeros: TensorShape(bad)))]
      let error = #expect(throws: FeatureError.self) { try encoder.pooledFeatures(of: images) }
      if case .imageDoesNotFit(let index, let shape, _)? = error?.code {
        #expect(index == 1 && shape == TensorShape(bad))
      } else {
        Issue.record("\(bad): \(String(describing: error))")
      }
    }
    let broken = PretrainingImage(Tensor<Float>(repeating: .nan, shape: [32, 32, 1]))
    #expect(throws: FeatureError(.imageIsNotFinite(index: 1, count: 1024))) {
      try encoder.pooledFeatures(of: good + [broken])
    }
    #expect(try encoder.pooledFeatures(of: [PretrainingImage]()).shape == [0, 64])
    #expect(throws: FeatureError(.noFeatures)) { try encoder.featureMaps(of: [PretrainingImage]()) }
    // Weights that are broken give features that are.
    encoder.parameters[0].value = Tensor(repeating: .nan, shape: encoder.parameters[0].shape)
    let error = #expect(throws: FeatureError.self) { try encoder.pooledFeatures(of: good) }
    if case .featuresAreNotFinite? = error?.code {} else { Issue.record("\(String(describing: error))") }
  }
}

@Suite struct PixelFeaturesTests {
  /// Maps of 2 x 2 cells over images of 4 x 4; each cell holds its number.
  private let maps = Tensor<Float>((0..<8).map(Float.init), shape: [2, 2, 2, 1])
  private let labels = Tensor<Int32>(
    [
      1, 1, 2, 2,
      1, 0, 2, 2,
      0, 0, 3, 3,
      0, 5, 0, 0,

      7, 7, 7, 7,
      7, 7, 7, 7,
      1, 2, 7, 7,
      2, 1, 7, 7,
    ], shape: [2, 4, 4])

  private func pixels(
    _ limit: Int? = nil, ignoring: Int32? = nil, purity: Float = 0, seed: UInt64 = 1
  ) throws -> PixelFeatures<Float> {
    var generator = SplitMix64(seed: seed)
    return try PixelFeatures(
      maps: maps, labels: labels, pixelsPerClass: limit, ignoredLabel: ignoring, leastPurity: purity,
      using: &generator)
  }

  /// The majority of each cell; of equally many the lowest: 0 of 3 3 0 0, 1 of 1 2 2 1.
  @Test func cellsHaveTheLabelOfMostOfTheirPixels() throws {
    let all = try pixels()
    #expect(all.features == maps.reshaped([8, 1]))
    #expect(all.labels == Tensor([1, 2, 0, 0, 7, 7, 1, 7]))
    #expect(try pixels(ignoring: 7).features == Tensor([0, 1, 2, 3, 6], shape: [5, 1]))
    #expect(try pixels(purity: 0.75).labels == Tensor([1, 2, 0, 7, 7, 7]))
    #expect(try pixels(purity: 1).features == Tensor([1, 4, 5, 7], shape: [4, 1]))
  }

  @Test func theCapIsOfEachClassAndImage() throws {
    var seen: Set<[Float]> = []
    for seed in 1...60 {
      let drawn = try pixels(1, seed: UInt64(seed))
      // Image 0: classes 0 (two cells), 1, 2; image 1: 7 (three cells), 1.
      #expect(drawn.labels.scalars.sorted() == [0, 1, 1, 2, 7])
      seen.insert(drawn.features.scalars)
    }
    #expect(seen.count == 6, "two cells times three")
    #expect(try pixels(1, seed: 4) == pixels(1, seed: 4))
  }

  @Test func mapsThatDoNotFitAreRefused() {
    var generator = SplitMix64(seed: 1)
    let odd = Tensor<Int32>(zeros: [2, 5, 4])
    let error = #expect(throws: FeatureError.self) {
      try PixelFeatures(maps: maps, labels: odd, using: &generator)
    }
    #expect(error?.code == .labelsDoNotFit(labels: [2, 5, 4], features: [2, 2, 2, 1]))
    #expect(error?.underlying is SuperpixelError)
    #expect(throws: FeatureError(.featuresAreNotFinite(count: 8))) {
      try PixelFeatures(maps: maps * .nan, labels: labels, using: &generator)
    }
  }

  /// Volumes, too.
  @Test func volumesHaveCells() throws {
    var generator = SplitMix64(seed: 1)
    let pixels = try PixelFeatures(
      maps: Tensor<Float>((0..<8).map(Float.init), shape: [1, 2, 2, 2, 1]),
      labels: Tensor<Int32>((0..<64).map { Int32($0 / 32) }, shape: [1, 4, 4, 4]), using: &generator)
    #expect(pixels.labels == Tensor([0, 0, 0, 0, 1, 1, 1, 1]))
  }
}
