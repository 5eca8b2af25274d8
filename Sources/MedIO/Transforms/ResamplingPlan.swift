import Tensor

/// Where the voxels of a changed grid lie among those of the old one.
struct ResamplingPlan {
  /// old index = matrix * new index + offset, both as (plane, row, column).
  let matrix: [[Double]]
  let offset: [Double]
  let sourceLengths: [Int]
  let lengths: [Int]

  init(_ change: GridChange) {
    sourceLengths = change.source.shape.dimensions
    lengths = change.result.shape.dimensions
    let map = change.source.affine.inverse.concatenated(with: change.result.affine)
    // Rounding leaves crumbs of 1e-16 where axes are parallel, and of 1e-13 in positions.
    func clean(_ value: Double) -> Double {
      let whole = value.rounded()
      return abs(value - whole) < 1e-9 ? whole : value
    }
    matrix = (0..<3).map { row in (0..<3).map { clean(map[2 - row, 2 - $0]) } }
    offset = (0..<3).map { clean(map[2 - $0, 3]) }
  }

  /// Whether every new axis is parallel to the old one.
  var isSeparable: Bool {
    (0..<3).allSatisfy { row in (0..<3).allSatisfy { row == $0 || matrix[row][$0] == 0 } }
  }

  /// Interpolated values of a batch `[N, D, H, W, C]`; the edge is continued to all sides.
  func applied(to batch: Tensor<Float>, interpolation: Interpolation) -> Tensor<Float> {
    guard isSeparable else {
      let map = AffinePixelMap(matrix: matrix, offset: offset)
      return batch.warped(by: map, to: lengths, interpolation: interpolation, border: .edge)
    }
    var result = batch
    for axis in order where changes(axis) {
      result = result.resampled(
        along: axis + 1, to: lengths[axis], scale: matrix[axis][axis], offset: offset[axis],
        interpolation: interpolation, border: .edge)
    }
    return result
  }

  /// The values of the nearest voxels.
  func appliedNearest<Scalar: TensorScalar>(to batch: Tensor<Scalar>) -> Tensor<Scalar> {
    guard isSeparable else {
      return batch.warpedNearest(
        by: AffinePixelMap(matrix: matrix, offset: offset), to: lengths, border: .edge)
    }
    var result = batch
    for axis in order where changes(axis) {
      result = result.resampledNearest(
        along: axis + 1, to: lengths[axis], scale: matrix[axis][axis], offset: offset[axis], border: .edge)
    }
    return result
  }

  /// Axes that shrink most first: less is left for the others.
  private var order: [Int] {
    (0..<3).sorted { lengths[$0] * sourceLengths[$1] < lengths[$1] * sourceLengths[$0] }
  }

  private func changes(_ axis: Int) -> Bool {
    lengths[axis] != sourceLengths[axis] || matrix[axis][axis] != 1 || offset[axis] != 0
  }

  /// The old position of a new voxel.
  func position(_ plane: Int, _ row: Int, _ column: Int) -> (plane: Double, row: Double, column: Double) {
    let (k, j, i) = (Double(plane), Double(row), Double(column))
    return (
      matrix[0][0] * k + matrix[0][1] * j + matrix[0][2] * i + offset[0],
      matrix[1][0] * k + matrix[1][1] * j + matrix[1][2] * i + offset[1],
      matrix[2][0] * k + matrix[2][1] * j + matrix[2][2] * i + offset[2]
    )
  }

  /// Writes `value` where a new voxel lies more than half a voxel (and 1e-6 for rounding) outside the old grid.
  func fillOutside<Scalar: TensorScalar>(_ batch: inout Tensor<Scalar>, with value: Scalar) {
    guard reachesOutside else { return }
    let frames = batch.shape[0]
    let components = batch.shape[4]
    batch.withUnsafeMutableBufferPointer { voxels in
      var voxel = 0
      for _ in 0..<frames {
        for k in 0..<lengths[0] {
          for j in 0..<lengths[1] {
            for i in 0..<lengths[2] {
              if isOutside(position(k, j, i)) {
                for component in 0..<components { voxels[voxel * components + component] = value }
              }
              voxel += 1
            }
          }
        }
      }
    }
  }

  private func isOutside(_ position: (plane: Double, row: Double, column: Double)) -> Bool {
    let margin = 0.5 + 1e-6
    return position.plane < -margin || position.plane > Double(sourceLengths[0]) - 1 + margin
      || position.row < -margin || position.row > Double(sourceLengths[1]) - 1 + margin
      || position.column < -margin || position.column > Double(sourceLengths[2]) - 1 + margin
  }

  /// Whether a corner of the new grid, and so any of it, lies outside.
  private var reachesOutside: Bool {
    for k in [0, lengths[0] - 1] {
      for j in [0, lengths[1] - 1] {
        for i in [0, lengths[2] - 1] where isOutside(position(k, j, i)) { return true }
      }
    }
    return false
  }
}
