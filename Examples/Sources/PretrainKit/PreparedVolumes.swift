package import Contrastive
import ExampleSupport
import Foundation
import MedIO
package import RunKit
import Tensor

/// The volumes to pre-train on: preprocessed once, kept on disk, and read whole when a patch is cut from one, so that memory
/// holds those of a batch.
package struct PreparedVolumes: PreparedImages {
  private let slices: SliceDataset
  private let planes: [[Int]]
  private let grids: [VolumeGrid]
  /// The volumes that are not of one value.
  private let kept: [Int]
  private let rule: IntensityRule
  package let volumeCount: Int
  package let leftOut: Int
  package let sizes: (smallest: [Int], largest: [Int])
  package let notes: [String]

  /// Reads what is not kept in the folder yet.
  ///
  /// - Throws: ``ExampleFailure``: files that cannot be read (66) or are broken (65), no volume to learn from (65), a folder
  ///   that cannot be written (73); ``Interruption``.
  package init(_ request: PretrainRequest, in folder: OutputFolder, progress: RunProgress) throws {
    rule = request.intensity
    let files = try PreparedFiles(request, in: folder, progress: progress)
    (slices, volumeCount) = (files.slices, files.volumeCount)
    (planes, grids) = (slices.indicesByVolume, slices.grids)
    var kept: [Int] = []
    for volume in planes.indices {
      try progress.checkInterruption()
      if try Self.hasContrast(planes[volume], slices, rule) { kept.append(volume) }
    }
    self.kept = kept
    leftOut = planes.count - kept.count
    let lengths = kept.map { [grids] in grids[$0].shape.dimensions }.sorted {
      ($0.reduce(1, *), $0[0]) < ($1.reduce(1, *), $1[0])
    }
    guard let smallest = lengths.first, let largest = lengths.last else {
      throw ExampleFailure(.data, "--images: none of \(volumeCount) volumes has more than one value")
    }
    sizes = (smallest, largest)
    let note = "\(leftOut) of \(volumeCount) volumes are of one value and left out"
    notes = files.notes + (leftOut > 0 ? [note] : [])
  }

  /// Whether two voxels of a volume differ; its planes are read until one tells.
  private static func hasContrast(
    _ planes: [Int], _ slices: SliceDataset, _ rule: IntensityRule
  ) throws -> Bool {
    var first: Float?
    for plane in planes {
      let image = try rule.filled(slices.element(at: plane).image)
      let value = image.withUnsafeBufferPointer { $0[0] }
      if image.hasContrast || first ?? value != value { return true }
      first = value
    }
    return false
  }

  package var count: Int { kept.count }

  /// `[D, H, W, 1]` with its spacing.
  package func element(at index: Int) throws -> PretrainingImage {
    let volume = kept[index]
    let image = Tensor(stacking: try planes[volume].map { try slices.element(at: $0).image })
    return PretrainingImage(rule.filled(image), volume: volume, spacing: grids[volume].spacing)
  }

  package func place(of index: Int) -> String {
    let position = slices.positions[planes[kept[index]][0]]
    return "\(position.identifier), the middle of \(position.planeCount) planes"
  }
}
