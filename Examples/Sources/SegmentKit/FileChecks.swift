import ExampleSupport
import Foundation
import MedIO
import RunKit
import Tensor

/// What both training and prediction ask of a file before its voxels are read.
enum FileChecks {
  /// Refuses files of which nobody can say how large a voxel is: millilitres and millimetres would be made up.
  ///
  /// - Throws: `MedIOError`: a voxel size that is 0, negative or not finite where no sform gives another (`badAffine`), and
  ///   several numbers a voxel (`unsupportedDatatype`).
  static func check(_ information: NIfTI.Information, path: String) throws(MedIOError) {
    guard information.datatype.componentCount == 1 else {
      throw MedIOError(
        .unsupportedDatatype, path: path,
        context: "\(information.datatype.componentCount) numbers a voxel (color or complex); one is wanted")
    }
    try information.requireVoxelSize(path: path)
  }

  /// The grid of a file as the network's orientation has it.
  static func grid(_ information: NIfTI.Information, orientation: AnatomicalOrientation) -> VolumeGrid {
    let lengths = Array(information.shape.dimensions.suffix(3))
    let grid = VolumeGrid(
      depth: lengths[0], height: lengths[1], width: lengths[2], affine: information.affine)
    return GridChange.orientation(of: grid, to: orientation).result
  }

  /// Refuses a volume that would have more voxels on the network's grid than a file may have, before any is made.
  static func checkSize(
    _ grid: VolumeGrid, _ description: ModelDescription, path: String
  ) throws(MedIOError) {
    let spacing = grid.spacing
    let count = (0..<3).reduce(1.0) { product, axis in
      let length = Double(grid.shape[axis])
      return product * max(1, length * (description.spacing[axis].map { spacing[axis] / $0 } ?? 1))
    }
    let limit = NIfTIReadLimits().voxelCount
    guard count <= Double(limit) else {
      throw MedIOError(
        .exceedsLimit, path: path,
        context: "voxels of \(spacing) become \(count) voxels of the network's size, the limit is \(limit)")
    }
  }

  /// Refuses a volume `[planes, rows, columns]` that has fewer voxels along an axis than the network halves.
  ///
  /// - Throws: ``ExampleFailure`` (65).
  static func checkThickness(
    _ lengths: [Int], _ description: ModelDescription, path: String
  ) throws(ExampleFailure) {
    let names = ["planes", "rows", "columns"]
    for axis in (3 - description.dimensions)..<3 where lengths[axis] < description.sizeMultiple {
      throw ExampleFailure(
        .data,
        "\(path): \(lengths[axis]) \(names[axis]) on the network's grid are fewer than the \(description.sizeMultiple) that its "
          + "\(description.widths.count) levels halve"
          + (axis == 0 ? "; two dimensions or fewer levels take them" : ""))
    }
  }
}
