import Autograd
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
  /// `[1, side, side, 1]` each: a whole slice, resized to the largest view and padded to a square.
  private let images: [Tensor<Float>]
  /// The place of each slice in its volume, and its volume.
  let slices: [(position: Double, volume: Int)]

  /// Slices at even distances.
  init(_ method: some PublishedMethod, _ data: PreparedSlices) throws {
    let count = min(data.count, Self.limit)
    let examples = try (0..<count).map { try data.element(at: (2 * $0 + 1) * data.count / (2 * count)) }
    slices = examples.map { ($0.position ?? 0, $0.volume ?? 0) }
    let key = RandomKey(seed: method.recipe.seed).stream(for: "probe")
    let views = method.pictures(of: try method.views(of: Array(examples.prefix(1)), key: key))
    let side = views.map { max($0.images.shape[1], $0.images.shape[2]) }.max() ?? 64
    images = examples.map { Self.square($0.image, side: side) }
  }

  private static func square(_ image: Tensor<Float>, side: Int) -> Tensor<Float> {
    let lengths = image.shape.dimensions.prefix(2)
    let scale = Double(side) / Double(lengths.max() ?? side)
    let size = lengths.map { min(side, max(1, Int((Double($0) * scale).rounded()))) }
    // Pixels are averaged where a slice shrinks.
    let resized = image.expanded(at: 0).resized(to: size, interpolation: scale < 1 ? .area : .linear)
    let low = image.min().item
    return resized.squeezed(at: 0).centerPaddedOrCropped(
      to: [side, side, image.shape[2]], border: .constant(low)
    )
    .expanded(at: 0)
  }

  /// The deepest features of each slice, averaged over its pixels: `[slices, features]`.
  func features(of encoder: any FeatureEncoder<Float>) -> Tensor<Float> {
    encoder.withMode(.evaluation) {
      Tensor(
        concatenating: images.map { image in
          withoutGradient { encoder(Variable(image)).last?.value ?? image }.mean(along: [1, 2])
        }, along: 0)
    }
  }

  /// How far apart these features point: 0 when all slices have the same, about 1 when they point everywhere.
  func spread(of encoder: any FeatureEncoder<Float>) throws -> Double {
    embeddingSpread(features(of: encoder))
  }
}
