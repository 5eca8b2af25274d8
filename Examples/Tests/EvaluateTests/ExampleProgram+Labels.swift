import ExampleTestSupport
import Foundation
import MedIO
import Tensor

extension ExampleProgram {
  /// Two planes of 2 x 4 voxels of 3 x 2 x 0.5 mm.
  func write(
    _ name: String, _ values: [Float], shape: TensorShape = [2, 2, 4],
    affine: VoxelAffine = VoxelAffine(diagonal: 0.5, 2, 3)
  ) throws {
    let url = folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try NIfTI.write(Volume(voxels: Tensor(values, shape: shape), affine: affine), to: url)
  }
}
