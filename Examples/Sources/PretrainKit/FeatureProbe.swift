import Contrastive
import NN
import Tensor

/// Looks at what an encoder makes of some slices: whether it tells them apart at all.
///
/// A method's own terms are of its projector and differ from method to method. This is the same figure for all of them, of the
/// features that fine-tuning starts from.
struct FeatureProbe {
  /// The most slices that are looked at.
  private static let limit = 64
  /// `[side, side, 1]` each: a whole slice, resized to the largest view and padded to a square.
  private let images: [PretrainingImage]
  private let positions: [Double]

  /// Slices at even distances, of the size of the views of a batch.
  init(
    _ method: some PublishedMethod, _ encoder: EncoderDescription, _ data: PreparedSlices,
    _ batch: ExampleBatch
  ) throws {
    let count = min(data.count, Self.limit)
    let examples = try (0..<count).map { try data.element(at: (2 * $0 + 1) * data.count / (2 * count)) }
    positions = examples.map { $0.position ?? 0 }
    let key = RandomKey(seed: method.recipe.seed).stream(for: "probe")
    let views = method.pictures(of: try method.views(of: batch.images, key: key))
    let side = views.map { max($0.images.shape[1], $0.images.shape[2]) }.max() ?? 64
    let multiple = encoder.sizeMultiple.max() ?? 1
    let padded = (side + multiple - 1) / multiple * multiple
    images = examples.map { PretrainingImage(Self.square($0.image, side: padded)) }
  }

  private static func square(_ image: Tensor<Float>, side: Int) -> Tensor<Float> {
    let lengths = image.shape.dimensions.prefix(2)
    let scale = Double(side) / Double(lengths.max() ?? side)
    let size = lengths.map { min(side, max(1, Int((Double($0) * scale).rounded()))) }
    // Pixels are averaged where a slice shrinks.
    let resized = image.expanded(at: 0).resized(to: size, interpolation: scale < 1 ? .area : .linear)
    let low = image.min().item
    return resized.squeezed(at: 0).centerPaddedOrCropped(
      to: [side, side, image.shape[2]], border: .constant(low))
  }

  /// What the encoder's deepest features of these slices, averaged over their pixels, look like.
  func figures(of encoder: any FeatureEncoder<Float>) throws -> FeatureFigures {
    let features = try encoder.pooledFeatures(of: images)
    return FeatureFigures(
      features: features, positions: positions, spread: embeddingSpread(features),
      effectiveRank: effectiveRank(features - features.mean(along: 0)))
  }
}

/// What features of some slices look like.
struct FeatureFigures: Encodable {
  /// `[slices, features]`.
  let features: Tensor<Float>
  /// The place of each slice in its volume, in (0, 1].
  let positions: [Double]
  /// How far apart they point: 0 when all slices have the same, about 1 when they point everywhere.
  let spread: Double
  /// In how many directions they vary about their mean: 1 when along a line alone.
  let effectiveRank: Double

  private enum CodingKeys: String, CodingKey { case spread, effectiveRank }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(spread, forKey: .spread)
    try container.encode(effectiveRank.isFinite ? effectiveRank : nil, forKey: .effectiveRank)
  }
}
