package import Contrastive

extension VariedAugmentation {
  /// Turned, scaled and shifted, never mirrored or bent: every body in a volume lies the same way round.
  package static var turningAndScaling: VariedAugmentation {
    var augmentation = VariedAugmentation()
    augmentation.mirrorProbability = 0
    augmentation.elastic = nil
    augmentation.warpProbability = 0.8
    augmentation.rotation = -0.35...0.35
    augmentation.sizeFactor = .uniform(0.7...1.3)
    augmentation.translation = -0.1...0.1
    augmentation.interpolation = .linear
    return augmentation
  }
}
