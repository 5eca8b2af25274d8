import ExampleSupport
import Foundation
import MedIO
import RunKit
import Tensor

/// Scans on the network's grid: prepared once, kept on disk, read a plane at a time.
struct PreparedScans {
  let slices: SliceDataset
  /// What was noticed of the files.
  let notes: [String]
  /// What is trained on, or scored: whole scans, unless ``parts`` are dealt out.
  var parts: [ScanPart]

  /// Prepares what is not kept in the folder yet.
  ///
  /// - Throws: ``ExampleFailure``: broken files, images and segmentations on different grids, unknown labels, volumes thinner
  ///   than the network halves (65); a folder that cannot be written (73); ``Interruption``.
  init(
    _ scans: [VolumeCase], _ description: ModelDescription, _ mapping: LabelMapping, in folder: URL,
    progress: RunProgress
  ) throws {
    let data = VolumeDataset(
      scans, labelMapping: mapping, preprocessing: description.preprocessing, options: description.readOptions
    )
    for (index, scan) in scans.enumerated() {
      try progress.checkInterruption()
      progress.note("  scan \(index + 1) of \(scans.count): \(scan.identifier)")
      let one = data.filtered { $0.identifier == scan.identifier }
      // Scan by scan, so that the run can be stopped between two.
      let slices = try givingExitCodes {
        try SliceDataset(one, cachedIn: folder)
      }
      let sides = try slices.element(at: 0).image.shape
      try FileChecks.checkThickness(
        [slices.count, sides[0], sides[1]], description, path: scan.images[0].path)
    }
    slices = try givingExitCodes { try SliceDataset(data, cachedIn: folder) }
    notes = slices.warnings.map { "\($0)" }
    parts = slices.indicesByVolume.enumerated().map {
      ScanPart(name: scans[$0.offset].identifier, scan: $0.offset, planes: $0.element)
    }
  }

  var count: Int { parts.count }

  /// The same scans, other parts of them.
  func with(_ parts: [ScanPart]) -> PreparedScans {
    var result = self
    result.parts = parts
    return result
  }

  /// The voxel size of a part.
  func spacing(of part: Int) -> VoxelSpacing { slices.grids[parts[part].scan].spacing }

  /// A whole part, `[planes, height, width, 1]` with its classes.
  func volume(_ part: Int) throws -> (image: Tensor<Float>, labels: Tensor<Int32>) {
    let samples = try parts[part].planes.map { try slices.element(at: $0) }
    return (Tensor(stacking: samples.map(\.image)), Tensor(stacking: samples.compactMap(\.labels)))
  }
}
