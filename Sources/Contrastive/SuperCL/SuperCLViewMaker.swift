import NN
import Superpixel
public import Tensor

/// Makes the four views and the superpixels of images, in step: what is cropped from an image is cropped from all of them.
public struct SuperCLViewMaker: Sendable {
  /// Patch size, augmentations and SLIC.
  public var configuration: SuperCLConfiguration

  /// A maker of views as the configuration says.
  public init(_ configuration: SuperCLConfiguration) { self.configuration = configuration }

  /// The views of a batch. Each image draws from a key of its own, `(seed, step, place in the batch)`, and the result does
  /// not depend on the number of threads.
  ///
  /// - Throws: ``SuperCLError/badImages(_:)`` when SLIC refuses an image, for instance one with NaN.
  public func views(of batch: [PretrainingImage], key: RandomKey) throws(SuperCLError) -> SuperCLViews<Float> {
    var results = [Result<ImageViews<Float>, SuperCLError>?](repeating: nil, count: batch.count)
    results.withUnsafeMutableBufferPointer { results in
      Parallel.for(batch.count, grain: 1) { range in
        for index in range {
          var generator = key.at(place: index).generator
          results[index] = views(of: batch[index].image, using: &generator)
        }
      }
    }
    var made: [ImageViews<Float>] = []
    for result in results {
      guard let result else { continue }
      made.append(try result.get())
    }
    func stack(_ part: (ImageViews<Float>) -> Tensor<Float>) -> Tensor<Float> {
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
    let patch = PatchSampling.random(image, to: size, using: &generator).image
    let first = configuration.fixedAugmentation(patch, using: &generator)
    let second = configuration.fixedAugmentation(patch, using: &generator)
    let still = configuration.variedSource == .image ? [patch, patch] : [first, second]
    let moved = still.map { configuration.variedAugmentation($0, using: &generator).image }
    let slic = SLIC(
      segmentCount: configuration.segmentCount, compactness: configuration.compactness,
      maximumIterations: configuration.slicIterations)
    do {
      let sources = configuration.superpixelSource == .image ? [patch] : [first, second]
      let maps = try sources.map { try slic.segment(Tensor<Float>(converting: $0)).labels.labels }
      return .success(
        ImageViews(
          fixed: (first, second), varied: (moved[0], moved[1]), superpixels: (maps[0], maps[maps.count - 1])))
    } catch {
      return .failure(.badImages("superpixels of an image of shape \(image.shape): \(error)"))
    }
  }
}
