/// A level of the features that a term of SuperCL reads: the encoder's, or those of a decoder behind it.
public enum FeatureLevel: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The deepest level that carries enough superpixels: n sampled pixels of an image carry
  /// `n / ``SuperCL/pixelsPerSuperpixel```; a level with fewer than ``SuperCL/leastSuperpixels`` is passed over for a finer
  /// one. By default this is, at 512 px, the bottleneck with the paper's 100, at 256 px the bottleneck with 25, at 128 px
  /// 1/8 with 25; of a volume of 64 x 64 x 64 it is 1/8 with 51. Where ILCP's only positive is the same pixel in the other
  /// view, it teaches nothing.
  case automatic
  /// The deepest output, at 1/16 of the image in a U-Net.
  case bottleneck
  /// The level at this place of the encoder's output, from 0, the finest. In a U-Net it is that of a stage before pooling,
  /// at `1 / 2^index` of the image; other encoders have other strides.
  case stage(Int)
  /// The features of a U-Net's decoder that have the size of the encoder's level at this place, from 0, the finest. The
  /// decoder is trained beside the encoder, down to the finest level that is read, and its parameters are those of a
  /// `UNet`, `decoder.*`, which loads them by `policy: .matching`. For ILCP alone.
  case decoder(Int)

  /// The place in the encoder's output of `levelCount` levels.
  func index(of levelCount: Int) -> Int {
    switch self {
    case .bottleneck, .automatic: levelCount - 1
    case .stage(let index), .decoder(let index): index
    }
  }

  /// The level of the decoder, where it is one.
  var decoderLevel: Int? { if case .decoder(let index) = self { index } else { nil } }

  public var description: String {
    switch self {
    case .automatic: "automatic level"
    case .bottleneck: "bottleneck"
    case .stage(let index): "stage \(index)"
    case .decoder(let index): "decoder's stage \(index)"
    }
  }
}

/// One more level that ILCP reads, with its weight beside the first, which has 1.
public struct WeightedLevel: Sendable, Hashable, Codable {
  /// The level.
  public var level: FeatureLevel
  /// What its loss is multiplied by.
  public var weight: Double

  /// A level with its weight.
  public init(_ level: FeatureLevel, weight: Double = 1) {
    self.level = level
    self.weight = weight
  }
}

extension SuperCL {
  /// All levels that ILCP reads, the first with the weight 1.
  var intraLevels: [WeightedLevel] { [WeightedLevel(intraLevel)] + furtherIntraLevels }

  /// The finest level of a decoder that ILCP reads; `nil` where it reads none, and there is no decoder.
  var finestDecoderLevel: Int? {
    weights.intra > 0 ? intraLevels.compactMap(\.level.decoderLevel).min() : nil
  }
}
