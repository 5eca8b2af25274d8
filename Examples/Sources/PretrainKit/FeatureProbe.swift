import Contrastive
import NN
import Tensor

/// Looks at what an encoder makes of some slices, or of parts of volumes: whether it tells them apart at all.
///
/// A method's own terms are of its projector and differ from method to method. This is the same figure for all of them, of the
/// features that fine-tuning starts from.
struct FeatureProbe {
  /// The most images that are looked at.
  private static let limit = 64
  /// Those that are looked at, `[spatial..., 1]`.
  private let images: [PretrainingImage]
  /// The place of each in its volume.
  private let positions: [Double]

  /// Slices at even distances, each resized to the largest view of a batch and padded to a square; of volumes parts as large as
  /// that view, at even distances through each.
  init(
    _ method: some PublishedMethod, _ encoder: EncoderDescription, _ data: some PreparedImages,
    _ batch: ExampleBatch
  ) throws {
    let count = min(data.count, Self.limit)
    let key = RandomKey(seed: method.recipe.seed).stream(for: "probe")
    if encoder.spatialAxes == 3 {
      let sides = try Self.sides(of: method, batch, key, encoder)
      let parts = try (0..<count).flatMap { index in
        let volume = try data.element(at: (2 * index + 1) * data.count / (2 * count)).image
        return Self.parts(of: volume, sides, count: Self.limit / count)
      }
      (images, positions) = (parts.map { PretrainingImage($0.image) }, parts.map(\.position))
      return
    }
    let examples = try (0..<count).map { try data.element(at: (2 * $0 + 1) * data.count / (2 * count)) }
    positions = examples.map { $0.position ?? 0 }
    let views = method.pictures(of: try method.views(of: batch.images, key: key))
    let side = views.map { max($0.images.shape[1], $0.images.shape[2]) }.max() ?? 64
    let multiple = encoder.sizeMultiple.max() ?? 1
    let padded = (side + multiple - 1) / multiple * multiple
    images = examples.map { PretrainingImage(Self.square($0.image, side: padded)) }
  }

  /// The sides of parts: as high and wide as the largest view and, as pictures have one plane, as deep as it is high, in
  /// multiples of what the encoder halves.
  private static func sides(
    of method: some PublishedMethod, _ batch: ExampleBatch, _ key: RandomKey, _ encoder: EncoderDescription
  ) throws -> [Int] {
    let views = method.pictures(of: try method.views(of: batch.images, key: key))
    let (height, width) = (
      views.map { $0.images.shape[1] }.max() ?? 32, views.map { $0.images.shape[2] }.max() ?? 32
    )
    let depth = batch.images.map { $0.image.shape[0] }.min() ?? height
    return zip([min(height, depth), height, width], encoder.sizeMultiple).map { side, multiple in
      (side + multiple - 1) / multiple * multiple
    }
  }

  /// So many parts of a volume along its first axis, from its middle along the others, with their places in it.
  private static func parts(
    of volume: Tensor<Float>, _ sides: [Int], count: Int
  ) -> [(image: Tensor<Float>, position: Double)] {
    let low = volume.min().item
    let room = volume.shape[0] - sides[0]
    let starts = room > 0 ? Set((0..<count).map { $0 * room / max(count - 1, 1) }).sorted() : [0]
    return starts.map { start in
      let last = min(start + sides[0], volume.shape[0])
      let part = volume.sliced(along: 0, start..<last)
      return (
        part.centerPaddedOrCropped(to: sides + [volume.shape[3]], border: .constant(low)),
        Double(start + last) / Double(2 * volume.shape[0])
      )
    }
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

  /// What the encoder's deepest features of these images, averaged over their pixels, look like.
  func figures(of encoder: any FeatureEncoder<Float>) throws -> FeatureFigures {
    let features = try encoder.pooledFeatures(of: images)
    return FeatureFigures(
      features: features, positions: positions, spread: embeddingSpread(features),
      effectiveRank: effectiveRank(features - features.mean(along: 0)))
  }
}

/// What features of some images look like.
struct FeatureFigures: Encodable {
  /// `[images, features]`.
  let features: Tensor<Float>
  /// The place of each image in its volume, in (0, 1].
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
