import Contrastive
import Foundation
import MedIO
import Tensor

/// The abdomen CT that the examples keep: axial slices of 101 x 122 pixels, windowed and z-scored, with their place in the
/// volume.
enum KeptCT {
  /// Every `step`-th slice.
  static func slices(every step: Int) throws -> [PretrainingImage] {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Examples/Data/abdomen_ct/ct.nii.gz").standardizedFileURL
    let voxels = try NIfTI.read(Float.self, from: url).reoriented(to: .ras).voxels
    // Soft tissue, -160...240 HU.
    let window = ((voxels + 160) / 400).clamped(to: 0...1)
    let mean = window.mean().item
    let deviation = (window - mean).squared().mean().item.squareRoot()
    let scored = (window - mean) / deviation
    let count = scored.shape[0]
    return stride(from: 0, to: count, by: step).map { index in
      PretrainingImage(
        scored[index].expanded(at: 2), position: Double(index + 1) / Double(count), volume: 0)
    }
  }
}
