import Tensor

extension Volume {
  /// The same voxels with their axes permuted and flipped so that i, j, k run toward the given sides. No value
  /// changes and none moves in space; the affine tells the new order.
  ///
  ///     let canonical = volume.reoriented(to: .ras)
  ///     let back = canonical.reoriented(to: volume.orientation)
  ///
  /// ``GridChange/orientation(of:to:)`` gives the same step as a value with its inverse. O(voxels).
  public func reoriented(to target: AnatomicalOrientation = .ras) -> Volume {
    moved(.orientation(of: grid, to: target))
  }
}

/// How the axes of one orientation become those of another on a grid.
struct AxisMapping {
  /// For the new axes i, j, k: the old axis, and whether it runs the other way.
  let axes: [(axis: Int, sign: Int)]
  let source: VolumeGrid
  /// The grid in the new order.
  let grid: VolumeGrid

  init(from source: AnatomicalOrientation, to target: AnatomicalOrientation, grid old: VolumeGrid) {
    axes = target.mapping(to: source)
    self.source = old
    let lengths = [old.width, old.height, old.depth]
    // old index = sign * new index, counted from the far end where the sign is negative.
    var oldFromNew = VoxelAffine(diagonal: 0, 0, 0)
    for (new, entry) in axes.enumerated() {
      oldFromNew[entry.axis, new] = Double(entry.sign)
      oldFromNew[entry.axis, 3] = entry.sign < 0 ? Double(lengths[entry.axis] - 1) : 0
    }
    let new = axes.map { lengths[$0.axis] }
    grid = VolumeGrid(
      depth: new[2], height: new[1], width: new[0], affine: old.affine.concatenated(with: oldFromNew))
  }

  /// Copies all frames in the new order.
  func move(
    _ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer, frames: Int,
    elementByteCount: Int
  ) {
    switch elementByteCount {
    case 1: move(source, target, frames, UInt8.self)
    case 2: move(source, target, frames, UInt16.self)
    case 4: move(source, target, frames, UInt32.self)
    case 8: move(source, target, frames, UInt64.self)
    default: moveBytes(source, target, frames, elementByteCount)
    }
  }

  /// The distance in the old memory of one step along the new i, j, k, and where the new first voxel is.
  private var steps: (i: Int, j: Int, k: Int, start: Int) {
    let strides = [1, source.width, source.width * source.height]
    let lengths = [source.width, source.height, source.depth]
    let steps = axes.map { $0.sign * strides[$0.axis] }
    let start = axes.reduce(0) { $0 + ($1.sign < 0 ? (lengths[$1.axis] - 1) * strides[$1.axis] : 0) }
    return (steps[0], steps[1], steps[2], start)
  }

  private func move<Word: BitwiseCopyable>(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ frames: Int,
    _ type: Word.Type
  ) {
    guard let from = source.baseAddress?.assumingMemoryBound(to: Word.self),
      let to = target.baseAddress?.assumingMemoryBound(to: Word.self)
    else { return }
    let count = grid.shape.elementCount
    let steps = steps
    for frame in 0..<frames {
      var out = to + frame * count
      let base = from + frame * count + steps.start
      for k in 0..<grid.depth {
        for j in 0..<grid.height {
          let row = base + k * steps.k + j * steps.j
          for i in 0..<grid.width { out[i] = row[i * steps.i] }
          out += grid.width
        }
      }
    }
  }

  private func moveBytes(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, _ frames: Int, _ size: Int
  ) {
    guard let from = source.baseAddress, var out = target.baseAddress else { return }
    let count = grid.shape.elementCount
    let steps = steps
    for frame in 0..<frames {
      for k in 0..<grid.depth {
        for j in 0..<grid.height {
          for i in 0..<grid.width {
            let index = frame * count + steps.start + k * steps.k + j * steps.j + i * steps.i
            out.copyMemory(from: from + index * size, byteCount: size)
            out += size
          }
        }
      }
    }
  }
}
