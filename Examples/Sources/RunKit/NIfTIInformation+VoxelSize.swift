package import MedIO

extension NIfTI.Information {
  /// Refuses a file of which nobody can say how large a voxel is.
  ///
  /// - Throws: `MedIOError`: `badAffine` for a size that is 0, negative or not finite where no sform gives another.
  package func requireVoxelSize(path: String) throws(MedIOError) {
    guard affineSource != .sform else { return }
    for case .pixdimReplaced(let axis, let value, _) in warnings where (1...3).contains(axis) {
      throw MedIOError(
        .badAffine, path: path, field: "pixdim[\(axis)]",
        context: "pixdim[\(axis)] = \(value): the size of a voxel is unknown")
    }
  }
}
