public import Tensor

extension LabelMap {
  /// Rectangular cells (boxes in a volume), about `count` of them: what superpixels must beat.
  ///
  /// The cells are as square as the count allows and differ by at most one pixel in a side; their labels are
  /// row-major.
  ///
  /// - Precondition: `shape` has rank 2 or 3 and `count` is at least 1.
  public init(regularGrid shape: TensorShape, count: Int) {
    shapePrecondition(shape.rank == 2 || shape.rank == 3, "a grid is an image or a volume, not \(shape)")
    shapePrecondition(count >= 1, "a grid has at least 1 cell, not \(count)")
    let extents = (shape.rank == 2 ? [1] : []) + shape.dimensions
    guard shape.elementCount > 0 else {
      self.init(Tensor(zeros: shape))
      return
    }
    let cells = SeedGrid(
      extents: SIMD3(extents[0], extents[1], extents[2]), spacing: SIMD3(repeating: 1),
      target: min(count, shape.elementCount)
    ).counts
    self.init(
      Tensor(shape: shape) { buffer in
        var index = 0
        for z in 0..<extents[0] {
          for y in 0..<extents[1] {
            let row = (z * cells[0] / extents[0] * cells[1] + y * cells[1] / extents[1]) * cells[2]
            for x in 0..<extents[2] {
              buffer[index] = Int32(row + x * cells[2] / extents[2])
              index += 1
            }
          }
        }
      })
  }

  /// The regular grid with about as many cells as another map has labels; negative where that is negative.
  ///
  /// - Precondition: the map has rank 2 or 3.
  public init(regularGridLike other: LabelMap) {
    let count = other.distinctLabels.count { $0 >= 0 }
    let masked = other.labels.withUnsafeBufferPointer { labels in labels.count { $0 < 0 } }
    let inside = other.labels.elementCount - masked
    // In a mask, cells of the same size need a grid over the whole image with more of them.
    let cells = inside > 0 ? Double(count) * Double(other.labels.elementCount) / Double(inside) : 1
    self.init(regularGrid: other.shape, count: max(1, Int(cells.rounded())))
    guard masked > 0 else { return }
    var values = labels
    values.withUnsafeMutableBufferPointer { values in
      other.labels.withUnsafeBufferPointer { labels in
        for index in values.indices where labels[index] < 0 { values[index] = Superpixels.maskedLabel }
      }
    }
    labels = values
  }
}
