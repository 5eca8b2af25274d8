public import Autograd
public import NN
public import Tensor

/// What GCL's local stage learns: the deepest stages of a decoder with the head g2, on an encoder that is frozen.
///
/// g2 is a 1x1 convolution, batch norm and ReLU, and a second 1x1 convolution, both without biases and of as many channels; a
/// region's 3 x 3 pixels (3 x 3 x 3 in a volume) of it become one row by a linear layer without bias. A 1x1 convolution with
/// channels last is a linear layer.
public final class GCLLocalLearner: PretrainingLearner {
  public let encoder: any FeatureEncoder<Float>
  /// The stages that are learned; a whole decoder loads their state by `policy: .matching`.
  public let decoder: any FeatureDecoder<Float>
  /// The first 1x1 convolution of g2.
  public let conv1: Linear<Float>
  /// Batch norm and ReLU behind it.
  public let norm1: BatchNorm<Float>
  /// The second 1x1 convolution of g2.
  public let conv2: Linear<Float>
  /// A region's pixels to a row.
  public let region: Linear<Float>
  /// Where regions lie, and their negatives.
  public let regions: LocalRegions

  /// A learner on an encoder, which is frozen from now on.
  ///
  /// - Precondition: the levels of the encoder halve; see `EncoderDescription.halvesAtEachLevel`.
  public init(
    encoder: any FeatureEncoder<Float>, decoderStages: Int, embeddingSize: Int,
    using generator: inout some RandomNumberGenerator
  ) {
    let description = encoder.encoderDescription
    let channels = description.levels[description.levels.count - 1 - decoderStages].channels
    self.encoder = encoder
    decoder = description.makeUNetDecoder(stageCount: decoderStages, using: &generator)
    func linear(_ inputs: Int, _ outputs: Int, _ generator: inout some RandomNumberGenerator) -> Linear<Float>
    {
      Linear(
        inputFeatures: inputs, outputFeatures: outputs, bias: .none, initializer: .pyTorchDefault,
        using: &generator)
    }
    conv1 = linear(channels, channels, &generator)
    norm1 = BatchNorm(channels: channels, negativeSlope: 0)
    conv2 = linear(channels, channels, &generator)
    regions = LocalRegions(axes: description.spatialAxes)
    let pixels = (0..<description.spatialAxes).reduce(1) { product, _ in product * LocalRegions.side }
    region = linear(pixels * channels, embeddingSize, &generator)
    encoder.freeze()
  }

  public var members: [ModuleMember<Float>] {
    [
      .module("encoder", encoder), .module("decoder", decoder), .module("conv1", conv1),
      .module("norm1", norm1), .module("conv2", conv2), .module("region", region),
    ]
  }

  /// The rows `[N, places, d]` of images `[N, spatial..., C]`; see ``LocalRegions``.
  public func regions(of images: Variable<Float>) -> Variable<Float> {
    let levels = encoder.withMode(.evaluation) { withoutGradient { encoder(images) } }
    let map = conv2(norm1(conv1(decoder(levels))))
    let sides = Array(map.shape.dimensions.dropFirst().dropLast())
    let whole = (0..<map.shape[0], 0..<map.shape[-1])
    let pixels = regions.corners(inMapOf: sides).map { corner in
      map.cropped(to: [whole.0] + corner.map { $0..<$0 + LocalRegions.side } + [whole.1])
        .reshaped([map.shape[0], 1, -1])
    }
    return region(Variable(concatenating: pixels, along: 1))
  }
}

extension LocalRegions {
  /// The share of regions whose twin in the other version `[N, places, d]` is nearer than all of their negatives there.
  func accuracy(_ version1: Tensor<Float>, _ version2: Tensor<Float>) -> Double {
    let (images, places, features) = (version1.shape[0], version1.shape[1], version1.shape[2])
    guard images > 0 else { return 0 }
    let unit = [version1, version2].map { $0.reshaped([-1, features]).unitRows().reshaped($0.shape) }
    let cosines = unit[0].matmul(unit[1], transposing: .right)
    let hits = cosines.withUnsafeBufferPointer { cosines in
      (0..<images * negatives.count).count { index in
        let (image, region) = (index / negatives.count, index % negatives.count)
        let row = (image * places + region) * places
        return negatives[region].allSatisfy { cosines[row + region] > cosines[row + $0] }
      }
    }
    return Double(hits) / Double(images * negatives.count)
  }
}
