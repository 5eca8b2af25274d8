import Contrastive
import Foundation
import MedIO
import Tensor

/// Every second slice of the kept CT, z-scored within -160...240 HU, each with its position.
///
/// It is one person's: slice i counts as one of volume i mod 4, so that methods that compare volumes find the same place of
/// four of them.
func keptSlices() throws -> [PretrainingImage] {
  let url = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Examples/Data/abdomen_ct/ct.nii.gz").standardizedFileURL
  let ct = try NIfTI.read(Float.self, from: url).reoriented(to: .ras)
  let window = ct.voxels.clamped(to: -160...240)
  let voxels = (window - window.mean()) / window.standardDeviation()
  let depth = voxels.shape[0]
  return stride(from: 0, to: depth, by: 2).enumerated().map { place, slice in
    PretrainingImage(
      voxels[slice].expanded(at: 2), position: Double(slice + 1) / Double(depth), volume: place % 4)
  }
}

/// Whether the long trainings are asked for: `Tests/run.sh --full` sets it.
let trainsInFull = ProcessInfo.processInfo.environment["SUPERCL_FULL"] == "1"
