import Tensor

extension VoxelSpacing {
  /// The spacing of rows and columns.
  var withinPlanes: VoxelSpacing { VoxelSpacing(Array(millimeters.suffix(2))) }

  /// Whether all axes have the same.
  var isIsotropic: Bool { millimeters.allSatisfy { $0 == millimeters[0] } }

  /// Millimetres of the finest axis.
  var finest: Double { millimeters.min() ?? 1 }

  /// For each axis, how much of one of its voxels is as long as one of the finest axis: 1 for that axis, less for others.
  var finestOverAxes: [Double] { millimeters.map { finest / $0 } }
}
