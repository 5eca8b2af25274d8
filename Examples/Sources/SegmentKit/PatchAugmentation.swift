import Contrastive
import NN
import RunKit
import Tensor

extension SegmentSettings.Augmentation {
  /// What is done to each patch of such voxels, `[row, column]` or `[plane, row, column]` in millimetres; `nil` for nothing.
  func transform(spacing: [Double]) -> (any LabeledImageAugmentation)? {
    switch self {
    case .none: nil
    case .mirrored: MirroredPatches()
    case .turned: MovedPatches(by: Self.turning, spacing: spacing)
    case .bent: MovedPatches(by: Self.bending, spacing: spacing)
    case .varied: MovedPatches(by: VariedAugmentation(), spacing: spacing)
    }
  }

  /// Turned by up to 20 degrees within planes and of volumes by 10 about the other two axes, scaled, shifted.
  private static var turning: VariedAugmentation {
    var augmentation = VariedAugmentation.turningAndScaling
    augmentation.tilt = -0.175...0.175
    return augmentation
  }

  /// The same, and bent by 2 to 6 mm: the method's own displacement, counted in millimetres.
  private static var bending: VariedAugmentation {
    var augmentation = turning
    augmentation.elastic = VariedAugmentation.Elastic(unit: .millimeters)
    return augmentation
  }
}

/// Each spatial axis mirrored with a probability of one half, of images and volumes.
struct MirroredPatches: LabeledImageAugmentation {
  func callAsFunction(_ image: LabeledImage, using generator: inout PhiloxGenerator) -> LabeledImage {
    let axes = (0..<image.labels.rank).filter { _ in generator.chance(0.5) }
    guard !axes.isEmpty else { return image }
    return LabeledImage(image: image.image.flipped(along: axes), labels: image.labels.flipped(along: axes))
  }
}

/// A change in space that is the same in millimetres along every axis.
struct MovedPatches: LabeledImageAugmentation {
  private let augmentation: VariedAugmentation
  private let millimeters: [Double]

  init(by augmentation: VariedAugmentation, spacing millimeters: [Double]) {
    (self.augmentation, self.millimeters) = (augmentation, millimeters)
  }

  func callAsFunction(_ image: LabeledImage, using generator: inout PhiloxGenerator) -> LabeledImage {
    let moved = augmentation(
      image.image, maps: [image.labels], spacing: VoxelSpacing(millimeters), using: &generator)
    return LabeledImage(image: moved.image, labels: moved.maps[0])
  }
}
