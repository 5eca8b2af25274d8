import NN
import Superpixel
public import Tensor

/// Makes the four views and the superpixels of images, in step: what is cropped from an image is cropped from all of them.
public struct SuperCLViewMaker: Sendable {
  /// Patch size, augmentations and SLIC.
  public var method: SuperCL

  /// A maker of views as the method says.
  public init(_ method: SuperCL) { self.method = method }

  /// The views of a batch that a term of the loss needs. Each image draws from a key of its own, that of its place in the
  /// batch, and the result does not depend on the number of threads.
  ///
  /// - Throws: ``PretrainingError/Code/badImages(_:)`` when SLIC refuses an image, for instance one with NaN, and when an image
  ///   lacks the channel that superpixels are made of.
  public func views(of batch: [PretrainingImage], key: RandomKey) throws(PretrainingError) -> SuperCLViews<
    Float
  > {
    var made: [ImageViews] = []
    let results = Parallel.map(Array(batch.enumerated())) { place, image in
      var generator = key.at(place: place).generator
      return views(of: image.image, using: &generator)
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
      superpixels: pair(\.superpixels), positions: batch.map(\.position))
  }

  /// The views of one image; what no term needs is empty.
  private struct ImageViews: Sendable {
    var fixed: [Tensor<Float>]
    var varied: [Tensor<Float>] = []
    var superpixels: [Tensor<Int32>] = []
  }

  private func views(
    of image: Tensor<Float>, using generator: inout PhiloxGenerator
  ) -> Result<ImageViews, PretrainingError> {
    let size = [method.patchSize, method.patchSize]
    let scaled = method.imageScaling == .minMaxPerChannel ? image.channelsRescaled() : image
    let patch = PatchSampling.random(scaled, to: size, padding: method.padding, using: &generator).image
    var views = ImageViews(fixed: [])
    if method.needsFixedFeatures || method.variedSource == .fixedViews {
      views.fixed = (0..<2).map { _ in method.fixedAugmentation(patch, using: &generator) }
    }
    if method.needsProjections || method.fixedViewMirrors == .withVariedViews {
      for view in 0..<2 {
        let source = method.variedSource == .image ? patch : views.fixed[view]
        let axes = method.variedAugmentation.drawMirroredAxes(using: &generator)
        let mirrored = source.mirrored(along: axes)
        if method.variedSource == .fixedViews, method.fixedViewMirrors == .withVariedViews {
          views.fixed[view] = mirrored
        }
        if method.needsProjections {
          views.varied.append(method.variedAugmentation.warped(mirrored, using: &generator).image)
        }
      }
    }
    guard method.needsFixedFeatures else { return .success(views) }
    do {
      let sources = method.superpixelSource == .image ? [patch] : views.fixed
      let maps = try sources.map { try method.slic.segment(superpixelInput($0)).labels.labels }
      views.superpixels = [maps[0], maps[maps.count - 1]]
      return .success(views)
    } catch {
      let what = "superpixels of an image of shape \(image.shape)"
      return .failure(PretrainingError(.badImages(what), underlying: error))
    }
  }

  /// What SLIC sees of a view.
  private func superpixelInput(_ view: Tensor<Float>) throws(SuperpixelError) -> Tensor<Float> {
    let (channel, copies): (Int, Int)
    switch method.superpixelChannels {
    case .all: return view
    case .one(let index): (channel, copies) = (index, 1)
    case .repeatedAsColor(let index): (channel, copies) = (index, 3)
    }
    guard (0..<view.shape[-1]).contains(channel) else {
      throw SuperpixelError(
        .badShape(
          field: "superpixelChannels", shape: "\(method.superpixelChannels)",
          reason: "the image has \(view.shape[-1]) channels"))
    }
    let gray = view.sliced(along: -1, channel..<channel + 1)
    return copies == 1 ? gray : Tensor(concatenating: [gray, gray, gray], along: -1)
  }
}
