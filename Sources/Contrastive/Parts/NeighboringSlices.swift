public import Tensor

/// Slices with their neighbours in the volume: what SimTriplet trains on.
///
/// Slice i of a volume has the neighbours i - 1 and i + 1, in the order of their positions; a slice at an edge is its own on
/// the missing side. Which of the two stands for the pair is drawn with the views.
///
///     let slices = try NeighboringSlices(ArrayDataset(images))
///     try TrainingLoop(PretrainingTask(SimTriplet.small, encoder: .unet(width: 8)), on: slices).run()
///
/// An element reads its neighbours from the base, too: three slices where the base reads one. A volume may miss slices; then
/// the next ones that there are stand side by side.
///
/// Source: Liu et al., MICCAI 2021, where neighbours are patches of a whole-slide image; slices of a volume are inferred.
public struct NeighboringSlices<Base: Dataset<PretrainingImage>>: Dataset {
  private let base: Base
  /// For each image, those before and behind it.
  private let neighbors: [[Int]]

  /// The images of a dataset with their neighbours; every one is read once for its volume and position.
  ///
  /// `method`: the name that errors bear.
  /// - Throws: ``PretrainingError``, naming the first image without volume or position, or a volume of one slice; what
  ///   reading an image throws.
  public init(_ base: Base, for method: String = "SimTriplet") throws {
    self.base = base
    let check = SettingCheck(method: method)
    var neighbors = [[Int]](repeating: [], count: base.count)
    for volume in try VolumeSlices(base, for: method).volumes {
      let slices = volume.slices
      try check.require(
        slices.count >= 2, "volume \(volume.number)", "\(slices.count) slice",
        "image \(slices[0].index) has no neighbour")
      for (place, slice) in slices.enumerated() {
        neighbors[slice.index] = [max(place - 1, 0), min(place + 1, slices.count - 1)].map {
          slices[$0].index
        }
      }
    }
    self.neighbors = neighbors
  }

  public var count: Int { base.count }

  public func element(at index: Int) throws -> PretrainingImage {
    var image = try base.element(at: index)
    image.neighbors = try neighbors[index].map { $0 == index ? image.image : try base.element(at: $0).image }
    return image
  }
}

extension NeighboringSlices where Base == ArrayDataset<PretrainingImage> {
  /// The same of images in memory.
  public init(_ images: [PretrainingImage], for method: String = "SimTriplet") throws {
    try self.init(ArrayDataset(images), for: method)
  }
}
