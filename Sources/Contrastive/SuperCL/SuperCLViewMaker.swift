import NN
import Superpixel
public import Tensor

/// One image to pre-train on.
public struct PretrainingImage<Scalar: TensorFloatingPointScalar>: Sendable {
  /// `[H, W, C]`, of any size.
  public var image: Tensor<Scalar>
  /// The slice's position in its volume, `(index + 1) / count`, or `nil` where it is unknown.
  public var position: Double?

  /// An image, with its position where it is known.
  public init(_ image: Tensor<Scalar>, position: Double? = nil) {
    self.image = image
    self.position = position
  }
}

/// Makes the four views and the superpixels of images, in step: what is cropped from an image is cropped from all of them.
public struct SuperCLViewMaker: Sendable {
  /// Patch size, augmentations and SLIC.
  public var configuration: SuperCLConfiguration

  /// A maker of views as the configuration says.
  public init(_ configuration: SuperCLConfiguration) { self.configuration = configuration }

  /// The views of a batch. Each image draws from a key of its own, `(seed, step, place in the batch)`, and the result does
  /// not depend on the number of threads.
  ///
  /// - Throws: ``SuperCLError/badImages(_:)`` when SLIC refuses an image, for instance one with NaN, and when an image
  ///   lacks the channel that superpixels are made of.
  public func views<Scalar: TensorFloatingPointScalar>(
    of batch: [PretrainingImage<Scalar>], seed: UInt64, step: Int
  ) throws(SuperCLError) -> SuperCLViews<Scalar> {
    var results = [Result<ImageViews<Scalar>, SuperCLError>?](repeating: nil, count: batch.count)
    results.withUnsafeMutableBufferPointer { results in
      Parallel.for(batch.count, grain: 1) { range in
        for index in range {
          // A stream for each place in the batch, behind those of the training loop.
          var generator = PhiloxGenerator(seed: seed, stream: 16 + index, index: step)
          results[index] = views(of: batch[index].image, using: &generator)
        }
      }
    }
    var made: [ImageViews<Scalar>] = []
    for result in results {
      guard let result else { continue }
      made.append(try result.get())
    }
    func stack(_ part: (ImageViews<Scalar>) -> Tensor<Scalar>) -> Tensor<Scalar> {
      Tensor(stacking: made.map(part))
    }
    let positions = batch.compactMap(\.position)
    return SuperCLViews(
      fixed: (stack { $0.fixed.0 }, stack { $0.fixed.1 }),
      varied: (stack { $0.varied.0 }, stack { $0.varied.1 }),
      superpixels: (
        Tensor(stacking: made.map(\.superpixels.0)), Tensor(stacking: made.map(\.superpixels.1))
      ),
      positions: positions.count == batch.count ? positions : nil)
  }

  private struct ImageViews<Scalar: TensorFloatingPointScalar>: Sendable {
    let fixed: (Tensor<Scalar>, Tensor<Scalar>)
    let varied: (Tensor<Scalar>, Tensor<Scalar>)
    let superpixels: (Tensor<Int32>, Tensor<Int32>)
  }

  private func views<Scalar: TensorFloatingPointScalar>(
    of image: Tensor<Scalar>, using generator: inout PhiloxGenerator
  ) -> Result<ImageViews<Scalar>, SuperCLError> {
    let size = [configuration.patchSize, configuration.patchSize]
    let scaled = configuration.imageScaling == .minMaxPerChannel ? image.channelsRescaled() : image
    let patch = PatchSampling.random(
      scaled, to: size, padding: configuration.padding, using: &generator
    ).image
    var fixed = (0..<2).map { _ in configuration.fixedAugmentation(patch, using: &generator) }
    let varied = (0..<2).map { view in
      let source = configuration.variedSource == .image ? patch : fixed[view]
      let axes = configuration.variedAugmentation.drawMirroredAxes(using: &generator)
      let mirrored = source.mirrored(along: axes)
      if configuration.variedSource == .fixedViews, configuration.fixedViewMirrors == .withVariedViews {
        fixed[view] = mirrored
      }
      return configuration.variedAugmentation.warped(mirrored, using: &generator).image
    }
    do {
      let sources = configuration.superpixelSource == .image ? [patch] : fixed
      let maps = try sources.map { try configuration.slic.segment(superpixelInput($0)).labels.labels }
      return .success(
        ImageViews(
          fixed: (fixed[0], fixed[1]), varied: (varied[0], varied[1]),
          superpixels: (maps[0], maps[maps.count - 1])))
    } catch {
      return .failure(.badImages("superpixels of an image of shape \(image.shape): \(error)"))
    }
  }

  /// What SLIC sees of a view.
  private func superpixelInput<Scalar: TensorFloatingPointScalar>(
    _ view: Tensor<Scalar>
  ) throws(SLICError) -> Tensor<Float> {
    let (channel, copies): (Int, Int)
    switch configuration.superpixelChannels {
    case .all: return Tensor<Float>(converting: view)
    case .one(let index): (channel, copies) = (index, 1)
    case .repeatedAsColor(let index): (channel, copies) = (index, 3)
    }
    guard (0..<view.shape[-1]).contains(channel) else {
      throw SLICError(
        code: .invalidShape, parameter: "superpixelChannels", value: "\(configuration.superpixelChannels)",
        reason: "the image has \(view.shape[-1]) channels")
    }
    let gray = Tensor<Float>(converting: view.sliced(along: -1, channel..<channel + 1))
    return copies == 1 ? gray : Tensor(concatenating: [gray, gray, gray], along: -1)
  }
}
