import NN
import Superpixel
public import Tensor

/// Makes the four views and the superpixels of images, in step: what is cropped from an image is cropped from all of them.
public struct SuperCLViewMaker: Sendable {
  /// Patch size, augmentations and SLIC.
  public var method: SuperCL

  /// A maker of views as the method says.
  public init(_ method: SuperCL) { self.method = method }

  /// The views of a batch of images, or of volumes, that a term of the loss needs. Each image draws from a key of its own, that
  /// of its place in the batch, and the result does not depend on the number of threads.
  ///
  /// - Throws: ``PretrainingError/Code/badImages(_:)`` when SLIC refuses an image, for instance one with NaN, when an image
  ///   lacks the channel that superpixels are made of, and when it has not the axes of the patch.
  public func views(of batch: [PretrainingImage], key: RandomKey) throws(PretrainingError) -> SuperCLViews<
    Float
  > {
    var made: [ImageViews] = []
    let results = Parallel.map(Array(batch.enumerated())) { place, image in
      var generator = key.at(place: place).generator
      return views(of: image, using: &generator)
    }
    for result in results { made.append(try result.get()) }
    func pair<Scalar>(_ part: KeyPath<ImageViews, [Tensor<Scalar>]>) -> (Tensor<Scalar>, Tensor<Scalar>)? {
      guard let first = made.first, !first[keyPath: part].isEmpty else { return nil }
      return (
        Tensor(stacking: made.map { $0[keyPath: part][0] }),
        Tensor(stacking: made.map { $0[keyPath: part][1] })
      )
    }
    return SuperCLViews(
      fixed: method.needsFixedFeatures ? pair(\.fixed) : nil, varied: pair(\.varied),
      superpixels: pair(\.superpixels), positions: made.map(\.position), pixelLabels: pair(\.pixelLabels),
      superpixelCounts: made.flatMap(\.counts))
  }

  /// The views of one image; what no term needs is empty.
  private struct ImageViews: Sendable {
    var position: Double?
    var fixed: [Tensor<Float>] = []
    var varied: [Tensor<Float>] = []
    var superpixels: [Tensor<Int32>] = []
    var pixelLabels: [Tensor<Int32>] = []
    var counts: [Int] = []
  }

  /// What is cut from one image.
  private struct Patch {
    let image: Tensor<Float>
    let mask: BinaryMask?
    let pseudoMask: Tensor<Int32>?
    let spacing: VoxelSpacing?
  }

  private func views(
    of example: PretrainingImage, using generator: inout PhiloxGenerator
  ) -> Result<ImageViews, PretrainingError> {
    let image = example.image
    guard let size = method.patchSize.sides(axes: image.rank - 1) else {
      return .failure(
        PretrainingError(
          .badImages("an image of shape \(image.shape) has no patch of the sides \(method.patchSize)")))
    }
    guard method.pseudoMasks != .given || example.pseudoMask != nil || !method.needsFixedFeatures else {
      return .failure(PretrainingError(.badImages("an image of shape \(image.shape) has no pseudo mask")))
    }
    let scaled = method.imageScaling == .minMaxPerChannel ? image.channelsRescaled() : image
    let (mask, given) = (example.mask.map { Tensor<Int32>(mask: $0.values) }, example.pseudoMask)
    let cut = PatchSampling.placed(
      scaled, maps: [mask, given].compactMap(\.self), to: size, padding: method.padding, using: &generator)
    let patch = Patch(
      image: cut.image, mask: mask.flatMap { _ in cut.maps.first }.map { BinaryMask($0 .> 0) },
      pseudoMask: given.flatMap { _ in cut.maps.last }, spacing: example.spacing)
    var views = ImageViews(position: position(of: example, cutAt: cut.first[0], depth: size[0]))
    if method.needsFixedFeatures || method.variedSource == .fixedViews {
      views.fixed = (0..<2).map { _ in
        method.fixedAugmentation(patch.image, spacing: patch.spacing, using: &generator)
      }
    }
    do throws(SuperpixelError) {
      if method.fixedViewGeometry != .still, !views.fixed.isEmpty {
        if method.needsFixedFeatures { try segment(&views, patch, using: &generator) }
        move(&views, patch, using: &generator)
      }
      addVariedViews(&views, patch, using: &generator)
      if method.fixedViewGeometry == .still, method.needsFixedFeatures {
        try segment(&views, patch, using: &generator)
      }
      return .success(views)
    } catch {
      let what = "superpixels of an image of shape \(image.shape)"
      return .failure(PretrainingError(.badImages(what), underlying: error))
    }
  }

  private func position(of example: PretrainingImage, cutAt first: Int?, depth: Int) -> Double? {
    let planes = example.image.shape[0]
    guard method.positionSource == .patch, example.image.rank == 4, let first, planes > depth else {
      return example.position
    }
    return (Double(first) + Double(depth + 1) / 2) / Double(planes)
  }

  private func addVariedViews(
    _ views: inout ImageViews, _ patch: Patch, using generator: inout PhiloxGenerator
  ) {
    guard method.needsProjections || method.fixedViewMirrors == .withVariedViews else { return }
    for view in 0..<2 {
      let source = method.variedSource == .image ? patch.image : views.fixed[view]
      let axes = method.variedAugmentation.drawMirroredAxes(of: source, using: &generator)
      let mirrored = source.mirrored(along: axes)
      if method.variedSource == .fixedViews, method.fixedViewMirrors == .withVariedViews {
        views.fixed[view] = mirrored
      }
      if method.needsProjections {
        views.varied.append(
          method.variedAugmentation.warped(mirrored, spacing: patch.spacing, using: &generator).image)
      }
    }
  }

  /// Adds the pseudo masks of the fixed views as they are.
  private func segment(
    _ views: inout ImageViews, _ patch: Patch, using generator: inout PhiloxGenerator
  ) throws(SuperpixelError) {
    var made: [(labels: Tensor<Int32>, count: Int)] = []
    for source in method.superpixelSource == .image ? [patch.image] : views.fixed {
      made.append(
        try method.pseudoMasks(
          of: source, given: patch.pseudoMask, mask: patch.mask, spacing: patch.spacing, using: &generator))
    }
    let both = [made[0], made[made.count - 1]]
    views.superpixels = both.map(\.labels)
    views.counts = both.map(\.count)
  }

  /// Moves the fixed views, and their superpixels with them where the method says so.
  private func move(_ views: inout ImageViews, _ patch: Patch, using generator: inout PhiloxGenerator) {
    guard let motion = method.fixedViewGeometry.motion else { return }
    let moved = MovedViews(views.fixed, by: motion, spacing: patch.spacing, using: &generator)
    views.fixed = moved.images
    guard case .mapsWarped = method.fixedViewGeometry, !views.superpixels.isEmpty else { return }
    views.pixelLabels = moved.partneredLabels(views.superpixels[0])
    views.superpixels = views.superpixels.enumerated().map { moved.labels($0.element, in: $0.offset) }
  }
}

extension SuperCL {
  /// The superpixels of a view, with the spacing of its image where SLIC has none of its own, and their number. A volume of
  /// depth 1 is segmented as its image; without a pixel in the mask all labels are -1.
  func superpixels(
    of view: Tensor<Float>, mask: BinaryMask?, spacing: VoxelSpacing?
  ) throws(SuperpixelError) -> (labels: Tensor<Int32>, count: Int) {
    if let mask, mask.foregroundCount == 0 {
      return (Tensor(repeating: Superpixels.maskedLabel, shape: mask.shape), 0)
    }
    var slic = slic
    if slic.spacing.isEmpty, let spacing { slic.spacing = spacing.millimeters }
    let input = try superpixelInput(view)
    guard input.rank == 4 else {
      let result = try slic.segment(input, mask: mask)
      return (result.labels.labels, result.count)
    }
    guard input.shape[0] == 1 else {
      let result = try slic.segment(volume: input, mask: mask)
      return (result.labels.labels, result.count)
    }
    slic.spacing = Array(slic.spacing.suffix(2))
    let plane = try slic.segment(
      input.squeezed(at: 0), mask: mask.map { BinaryMask($0.values.squeezed(at: 0)) })
    return (plane.labels.labels.expanded(at: 0), plane.count)
  }

  /// What SLIC sees of a view.
  private func superpixelInput(_ view: Tensor<Float>) throws(SuperpixelError) -> Tensor<Float> {
    let (channel, copies): (Int, Int)
    switch superpixelChannels {
    case .all: return view
    case .one(let index): (channel, copies) = (index, 1)
    case .repeatedAsColor(let index): (channel, copies) = (index, 3)
    }
    guard (0..<view.shape[-1]).contains(channel) else {
      throw SuperpixelError(
        .badShape(
          field: "superpixelChannels", shape: "\(superpixelChannels)",
          reason: "the image has \(view.shape[-1]) channels"))
    }
    let gray = view.sliced(along: -1, channel..<channel + 1)
    return copies == 1 ? gray : Tensor(concatenating: [gray, gray, gray], along: -1)
  }
}
