import Autograd
public import NN
public import Tensor

/// What DiRA learns: what MoCo learns, a decoder that restores, and a discriminator where there is an adversary.
public final class DiRALearner: PretrainingLearner {
  /// Network, average and queue of the contrastive part.
  public let contrast: MoCoLearner
  /// Restores the original view from the network's encoder.
  public let restorer: RestorationDecoder<Float>
  /// Tells restored views from originals; `nil` for a training without it.
  public let discriminator: (any Layer<Float>)?

  init(
    _ contrast: MoCoLearner, _ restorer: RestorationDecoder<Float>, _ discriminator: (any Layer<Float>)?
  ) {
    self.contrast = contrast
    self.restorer = restorer
    self.discriminator = discriminator
  }

  public var encoder: any FeatureEncoder<Float> { contrast.encoder }
  public var members: [ModuleMember<Float>] {
    contrast.members + [.module("restorer", restorer)]
      + (discriminator.map { [.module("discriminator", $0)] } ?? [])
  }

  /// Unit queries `[N, d]` and restored images of distorted ones, from one pass of the encoder, in groups one after another.
  func queries(
    of images: Variable<Float>, groups: BatchGroups
  ) -> (rows: Variable<Float>, restored: Variable<Float>) {
    func outputs(_ part: Variable<Float>) -> (Variable<Float>, Variable<Float>) {
      let levels = encoder(part)
      return (contrast.online.projector(levels[levels.count - 1]).unitRows(), restorer(levels))
    }
    guard groups.count > 1 else { return outputs(images) }
    let parts = withOwnNorms { images.split(along: 0, count: groups.ownCount).map(outputs) }
    return (
      Variable(concatenating: parts.map(\.0), along: 0), Variable(concatenating: parts.map(\.1), along: 0)
    )
  }
}

/// A batch as DiRA sees it: two distorted views, and what the first is to become.
public struct DiRAViews: Sendable {
  /// Both views, distorted, `[N, h, w, C]`.
  public var distorted: [Tensor<Float>]
  /// The first view before its changes of intensity and its distortion, in 0...1, `[N, h, w, C]`.
  public var original: Tensor<Float>

  /// Distorted views with the original of the first.
  public init(distorted: [Tensor<Float>], original: Tensor<Float>) {
    self.distorted = distorted
    self.original = original
  }
}

/// Whether the image to be restored is mirrored with the view that it is restored from.
public enum RestorationTarget: String, Sendable, Hashable, Codable {
  /// It is, so that pixels correspond.
  case mirroredWithView
  /// It is not, as in the released code, which cuts the target before it mirrors the view: half of the targets are mirror
  /// images of what the decoder sees.
  case unmirroredAsReleased
}
