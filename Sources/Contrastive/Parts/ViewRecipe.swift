public import Tensor

/// Which views a method makes of an image `[H, W, C]`, as a value. ``varied(_:)`` makes views of volumes `[D, H, W, C]`, too;
/// the two kinds of crops are made of images.
public enum ViewRecipe: Sendable, Hashable, Codable {
  /// Patches moved in space, without change of intensity.
  case varied(VariedViews)
  /// Resized crops of several sizes, with changes of intensity.
  case crops(MultiCrop)
  /// Resized crops of one window of the image, with changes of intensity.
  case windowed(WindowedCrops)

  /// The sides of every view, in order; of patches with one side for all axes those of images.
  public var sizes: [[Int]] { sizes(axes: 2) }

  /// The sides of every view, in order, of images of so many axes. Patches with a side for each axis keep theirs.
  public func sizes(axes: Int) -> [[Int]] {
    switch self {
    case .varied(let views):
      Array(repeating: views.patchSize.sides(axes: axes) ?? views.patchSize.sides, count: max(views.count, 0))
    case .crops(let crops): crops.sizes.map { [$0, $0] }
    case .windowed(let crops): crops.intensities.map { _ in [crops.size, crops.size] }
    }
  }

  /// The views of one image `[H, W, C]`, from random numbers drawn in a fixed order.
  ///
  /// `spacing`: of the image where it is known; patches then move in millimetres.
  public func callAsFunction(
    _ image: Tensor<Float>, spacing: VoxelSpacing? = nil, using generator: inout some RandomNumberGenerator
  ) -> [Tensor<Float>] {
    switch self {
    case .varied(let views): views(image, spacing: spacing, using: &generator)
    case .crops(let crops): crops(image, using: &generator)
    case .windowed(let crops): crops(image, using: &generator)
    }
  }

  /// The views of a batch: for each view the images' side by side, `[N, h, w, C]`. Every image draws from a key of its own,
  /// so that the result does not depend on the number of threads.
  public func views(of images: [PretrainingImage], key: RandomKey) -> [Tensor<Float>] {
    let made = Parallel.map(Array(images.enumerated())) { place, image in
      var generator = key.at(place: place).generator
      return self(image.image, spacing: image.spacing, using: &generator)
    }
    return sizes.indices.map { view in Tensor(stacking: made.map { $0[view] }) }
  }

  /// The views of an image with what they were before.
  func stages(of image: Tensor<Float>, using generator: inout some RandomNumberGenerator) -> [ViewStages] {
    switch self {
    case .varied(let views):
      views(image, using: &generator).map { ViewStages(cut: $0, moved: $0, view: $0) }
    case .crops(let crops): crops.stages(of: image, using: &generator)
    case .windowed(let crops): crops.stages(of: image, using: &generator)
    }
  }

  /// The middle of an image without chance, of the size of the first view: a patch where views are patches, the largest
  /// square, resized, where they are crops.
  func middle(of image: Tensor<Float>) -> Tensor<Float> {
    switch self {
    case .varied(let views): PatchSampling.centered(image, to: views.sides(for: image)).image
    case .crops(let crops): MultiCrop.middle(of: image, size: crops.sizes.first ?? 1)
    case .windowed(let crops): PatchSampling.centered(image, to: [crops.size, crops.size]).image
    }
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    switch self {
    case .varied(let views): try views.validate(check, "\(field).varied")
    case .crops(let crops): try crops.validate(check, "\(field).crops")
    case .windowed(let crops): try crops.validate(check, "\(field).windowed")
    }
  }
}

/// A view with what it was before: cut out, then mirrored, then changed in its intensities. Patches that are moved in space
/// are all three at once.
struct ViewStages {
  let cut: Tensor<Float>
  let moved: Tensor<Float>
  let view: Tensor<Float>
}

/// Patches of an image, each cut or padded at a place of its own and then moved in space: the views of the group behind
/// SuperCL. They change no intensity.
///
/// Source: the released loader of arXiv 2504.14737; that the compared methods trained on its views is inferred.
public struct VariedViews: Sendable, Hashable, Codable {
  /// How many views: 2.
  public var count: Int
  /// Sides of the patch, in pixels: 512 x 512 for CHD and KiTS.
  public var patchSize: PatchSize
  /// What happens to a patch: mirror, elastic displacement, rotation, scale.
  public var augmentation: VariedAugmentation

  /// Views with the released loader's numbers, but for what is given.
  public init(count: Int = 2, patchSize: PatchSize = 512, augmentation: VariedAugmentation = .init()) {
    self.count = count
    self.patchSize = patchSize
    self.augmentation = augmentation
  }

  /// Views of one side along every axis.
  public init(count: Int = 2, patchSize: Int, augmentation: VariedAugmentation = .init()) {
    self.init(count: count, patchSize: PatchSize(patchSize), augmentation: augmentation)
  }

  /// The views of an image `[H, W, C]` or a volume `[D, H, W, C]` of any size, with the sides of the patch. With a spacing they
  /// move in millimetres.
  ///
  /// - Precondition: the patch has the image's axes.
  public func callAsFunction(
    _ image: Tensor<Float>, spacing: VoxelSpacing? = nil, using generator: inout some RandomNumberGenerator
  ) -> [Tensor<Float>] {
    let sides = sides(for: image)
    return (0..<count).map { _ in
      let patch = PatchSampling.random(image, to: sides, using: &generator).image
      return augmentation(patch, spacing: spacing, using: &generator).image
    }
  }

  /// The sides of a patch of an image.
  func sides(for image: Tensor<Float>) -> [Int] {
    guard let sides = patchSize.sides(axes: image.rank - 1) else {
      shapePreconditionFailure("a patch of \(patchSize) is not cut from an image of shape \(image.shape)")
    }
    return sides
  }

  func validate(_ check: SettingCheck, _ field: String) throws(PretrainingError) {
    try check.positive("\(field).count", count)
    try check.patch("\(field).patchSize", patchSize)
    try check.probability("\(field).augmentation.mirrorProbability", augmentation.mirrorProbability)
    try check.probability("\(field).augmentation.warpProbability", augmentation.warpProbability)
  }
}
