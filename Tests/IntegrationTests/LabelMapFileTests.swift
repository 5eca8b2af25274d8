import Foundation
import MedIO
import Superpixel
import Tensor
import Testing

/// Superpixels go to NIfTI files and come back, with nothing between the modules but Tensor's types.
@Suite struct LabelMapFileTests {
  @Test func supervoxelsSurviveAFile() throws {
    let voxels = Tensor<Float>(shape: [7, 20, 30]) { buffer in
      for index in buffer.indices { buffer[index] = Float(index % 30 / 10 + index / 30 % 20 / 10) }
    }
    let volume = Volume(voxels: voxels, spacing: VoxelSpacing(plane: 3, row: 1.5, column: 1))
    var slic = SLIC(segmentCount: 20)
    slic.spacing = volume.spacing.millimeters
    let labels = try slic.segment(volume: volume.voxels).labels.relabeled(from: 1)
    let url = FileManager.default.temporaryDirectory.appending(path: "labels-\(UUID().uuidString).nii.gz")
    defer { try? FileManager.default.removeItem(at: url) }
    try NIfTI.write(Volume(labels: labels, like: volume), to: url)
    let file = try NIfTI.readLabels(from: url)
    #expect(file.labelMap == labels)
    #expect(file.grid.matches(volume.grid))
    // And on: statistics of what was read.
    #expect(SegmentStatistics(of: file.labelMap, image: voxels).areas.reduce(0, +) == 4_200)
  }
}
