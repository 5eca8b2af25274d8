import Autograd
import Foundation
import NN
import Tensor
import TestSupport
import Testing

/// U-Nets that pool an axis less than others, for thick slices.
@Suite struct UNetPoolingTests {
  private func configuration(_ poolings: [[Int]]?) -> UNetConfiguration {
    var configuration = UNetConfiguration(inputChannels: 2, widths: [2, 3, 4])
    configuration.poolings = poolings
    return configuration
  }

  @Test func levelsHaveTheStridesOfThePoolings() {
    let levels = configuration([[1, 2, 2], [2, 1, 4]]).encoderDescription(axes: 3).levels
    #expect(levels.map(\.stride) == [[1, 1, 1], [1, 2, 2], [2, 2, 8]])
    #expect(configuration([[1, 2, 2], [2, 1, 4]]).sizeMultiple == 8)
    #expect(
      configuration(nil).encoderDescription(axes: 3).levels.map(\.stride) == [
        [1, 1, 1], [2, 2, 2], [4, 4, 4],
      ])
  }

  /// Planes 5 mm apart are joined when the pixels have grown from .7 to 2.8 mm.
  @Test(
    arguments: [
      ([5, 0.7, 0.7], [[1, 2, 2], [1, 2, 2], [2, 2, 2], [2, 2, 2]]),
      ([1, 1, 1], [[2, 2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2]]),
      ([2, 1, 1], [[1, 2, 2], [2, 2, 2], [2, 2, 2], [2, 2, 2]]),
      ([1, 3], [[2, 1], [2, 2], [2, 2], [2, 2]]),
    ] as [([Double], [[Int]])]) func poolingsFollowTheSpacing(_ spacing: [Double], _ poolings: [[Int]])
  {
    #expect(UNetConfiguration(width: 4).pooled(for: VoxelSpacing(spacing)).poolings == poolings)
  }

  @Test func scoresHaveTheSizeOfTheImage() {
    var generator = PhiloxGenerator(seed: 1)
    let network = UNet3D<Float>(configuration([[1, 2, 2], [2, 1, 4]]), classCount: 3, using: &generator)
    let image = Variable(Tensor<Float>(ones: [2, 4, 6, 8, 2]))
    #expect(network.encoder(image).map(\.shape) == [[2, 4, 6, 8, 2], [2, 4, 3, 4, 3], [2, 2, 3, 1, 4]])
    #expect(network(image).shape == [2, 4, 6, 8, 3])
    let maps = network.decoder.maps(of: network.encoder(image))
    #expect(maps.map(\.shape) == [[2, 4, 3, 4, 3], [2, 4, 6, 8, 2]])
  }

  /// Without poolings, and with halvings by name, the network is the same to the bit.
  @Test func halvingsByNameChangeNothing() {
    func scores(_ poolings: [[Int]]?) -> Tensor<Float> {
      var generator = PhiloxGenerator(seed: 1)
      let network = UNet<Float>(configuration(poolings), classCount: 3, using: &generator)
      return network(Variable(Tensor((0..<128).map { Float($0 % 13) }, shape: [1, 8, 8, 2]))).value
    }
    #expect(scores(nil).isIdentical(to: scores([[2, 2], [2, 2]])))
  }

  /// The two layers that have a step of their own along each axis, on numbers whose order no small change turns.
  @Test func gradientsAgreeWithFiniteDifferences() {
    var generator = PhiloxGenerator(seed: 3)
    let up = ConvTranspose3D<Double>(
      inputChannels: 2, outputChannels: 3, kernel: [1, 2, 4], stride: [1, 2, 4], using: &generator)
    let pool = MaxPool3D<Double>(window: PoolingWindow([1, 2, 4]))
    let order = (0..<128).map { (index: Int) -> Double in Double(index * 37 % 128) / 10 }
    let volume = Tensor<Double>(order, shape: [1, 2, 4, 8, 2])
    func weights(_ shape: TensorShape) -> Variable<Double> {
      var generator = PhiloxGenerator(seed: 5)
      return Variable(Tensor(normalWithMean: 0, standardDeviation: 1, shape: shape, using: &generator))
    }
    let pooling = GradientCheck().run(at: [volume], using: &generator) { inputs in
      (pool(inputs[0]) * weights([1, 2, 2, 2, 2])).sum()
    }
    #expect(pooling.passes, "\(pooling)")
    let expanding = GradientCheck().run(at: [volume], using: &generator) { inputs in
      (up(inputs[0]) * weights([1, 2, 8, 32, 3])).sum()
    }
    #expect(expanding.passes, "\(expanding)")
  }

  @Test func settingsSurviveJSON() throws {
    for poolings in [nil, [[1, 2, 2], [2, 2, 2]]] {
      let data = try JSONEncoder().encode(configuration(poolings))
      #expect(try JSONDecoder().decode(UNetConfiguration.self, from: data) == configuration(poolings))
    }
    // Settings that were written before there were poolings.
    let old = Data(#"{"inputChannels": 2, "widths": [2, 3, 4], "negativeSlope": 0.01}"#.utf8)
    #expect(try JSONDecoder().decode(UNetConfiguration.self, from: old) == configuration(nil))
  }

  @Test func decodersExpandWhatDivides() {
    func description(_ strides: [[Int]]) -> EncoderDescription {
      EncoderDescription(inputChannels: 1, levels: strides.map { .init(channels: 2, stride: $0) })
    }
    let thick = description([[1, 1, 1], [1, 2, 2], [2, 4, 4]])
    #expect(thick.dividesAtEachLevel && !thick.halvesAtEachLevel)
    #expect(!description([[2, 2], [4, 4]]).dividesAtEachLevel)
    #expect(!description([[1, 1], [2, 2], [3, 4]]).dividesAtEachLevel)
    var generator = PhiloxGenerator(seed: 1)
    let decoder: any FeatureDecoder<Float> = thick.makeUNetDecoder(using: &generator)
    let levels = [[1, 2, 4, 4, 2], [1, 2, 2, 2, 2], [1, 1, 1, 1, 2]].map {
      Variable(Tensor<Float>(ones: TensorShape($0)))
    }
    #expect(decoder(levels).shape == [1, 2, 4, 4, 2])
  }

  @Test func poolingsThatDoNotFitStop() async {
    await #expect(processExitsWith: .failure) {
      _ = UNetConfiguration.threePoolings.encoderDescription(axes: 3)
    }
  }
}

extension UNetConfiguration {
  /// Two stages and three poolings.
  fileprivate static var threePoolings: UNetConfiguration {
    var configuration = UNetConfiguration(widths: [2, 3, 4])
    configuration.poolings = [[2, 2, 2], [2, 2, 2], [2, 2, 2]]
    return configuration
  }
}
