public import Tensor

/// What a spatial transform did: the grid before, the grid after, and how values went from one to the other.
/// Its inverse puts a prediction back on the original grid.
///
///     let change = GridChange.spacing(of: ct.grid, row: 1.5, column: 1.5)
///     let input = ct.applying(change)                        // linear
///     let organs = labels.applying(change)                   // one-hot, linear, argmax
///     let original = prediction.applying(change.inverse)     // on ct.grid, to the last bit
public struct GridChange: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// Axes permuted and flipped; no value changes.
    case reorientation
    /// A box of the source, which may reach outside; the index (plane, row, column) it starts at.
    case box(start: [Int])
    /// Other lengths for the same field of view.
    case resizing(CoordinateConvention)
    /// Any other grid in the same space.
    case resampling
  }

  let kind: Kind
  /// The grid that is changed.
  public let source: VolumeGrid
  /// The grid after the change.
  public let result: VolumeGrid

  init(_ kind: Kind, from source: VolumeGrid, to result: VolumeGrid) {
    self.kind = kind
    self.source = source
    self.result = result
  }

  /// The change back. It restores the source grid exactly; values that a crop dropped become background,
  /// values that were interpolated are interpolated again.
  public var inverse: GridChange {
    switch kind {
    case .box(let start): GridChange(.box(start: start.map { -$0 }), from: result, to: source)
    default: GridChange(kind, from: result, to: source)
    }
  }

  /// Whether every value of the result is a value of the source or background.
  public var isExact: Bool {
    switch kind {
    case .reorientation, .box: true
    case .resizing, .resampling: source == result
    }
  }

  // MARK: The changes

  /// Axes permuted and flipped so that i, j, k run toward the given sides.
  public static func orientation(of grid: VolumeGrid, to target: AnatomicalOrientation) -> GridChange {
    let mapping = AxisMapping(from: AnatomicalOrientation(nearest: grid.affine), to: target, grid: grid)
    return GridChange(.reorientation, from: grid, to: mapping.grid)
  }

  /// Another voxel size; axes given as `nil` keep theirs.
  ///
  /// An axis of `n` voxels of size `a` becomes `max(1, round(n a / b))` voxels of exactly size `b` with the same
  /// center, so that no axis drifts; up to half a voxel at both ends is cut or continued by the edge value.
  /// Halves round up, also where the 32 bits of a file's voxel size put them a millionth below; and a size that
  /// differs from `b` by no more than such a rounding stays as it is. Shear is kept: sizes are measured along the axes.
  ///
  /// - Precondition: sizes are finite and above 0.
  public static func spacing(
    of grid: VolumeGrid, plane: Double? = nil, row: Double? = nil, column: Double? = nil
  ) -> GridChange {
    let old = grid.spacing
    let wanted = [plane, row, column]
    var lengths = grid.shape.dimensions
    // old index = scale * new index + offset
    var maps = [(scale: Double, offset: Double)](repeating: (1, 0), count: 3)
    for axis in 0..<3 {
      guard let size = wanted[axis] else { continue }
      shapePrecondition(size.isFinite && size > 0, "a voxel size of \(size) mm")
      guard abs(size - old[axis]) > fileRounding * size else { continue }
      let length = (Double(lengths[axis]) * old[axis] / size * (1 + fileRounding)).rounded()
      shapePrecondition(length < 0x1p40, "a voxel size of \(size) mm makes \(length) voxels")
      let scale = size / old[axis]
      let count = max(1, Int(length))
      maps[axis] = (scale, (Double(lengths[axis] - 1) - Double(count - 1) * scale) / 2)
      lengths[axis] = count
    }
    return GridChange(.resampling, from: grid, to: grid.rescaled(to: lengths, maps))
  }

  /// Other lengths `[depth, height, width]` for the same field of view.
  ///
  /// - Parameters:
  ///   - lengths: The lengths of the new grid.
  ///   - grid: The grid that is changed.
  ///   - coordinates: What stays in place: Tensor's `CoordinateConvention`.
  /// - Precondition: three lengths of at least 1.
  public static func size(
    of grid: VolumeGrid, to lengths: [Int], coordinates: CoordinateConvention = .halfPixelCenters
  ) -> GridChange {
    shapePrecondition(
      lengths.count == 3 && lengths.allSatisfy { $0 > 0 }, "no lengths [depth, height, width]: \(lengths)")
    let maps = zip(grid.shape.dimensions, lengths).map { old, new -> (scale: Double, offset: Double) in
      let ratio = Double(old) / Double(new)
      switch coordinates {
      case .halfPixelCenters: return (ratio, 0.5 * ratio - 0.5)
      case .alignedCorners: return (old > 1 && new > 1 ? Double(old - 1) / Double(new - 1) : ratio, 0)
      case .cornerOrigin: return (ratio, 0)
      }
    }
    return GridChange(.resizing(coordinates), from: grid, to: grid.rescaled(to: lengths, maps))
  }

  /// The box of these planes, rows and columns. Ranges may reach outside the grid: there is background.
  ///
  /// - Precondition: no range is empty.
  public static func box(
    of grid: VolumeGrid, planes: Range<Int>, rows: Range<Int>, columns: Range<Int>
  ) -> GridChange {
    let ranges = [planes, rows, columns]
    shapePrecondition(!ranges.contains { $0.isEmpty }, "an empty box: \(ranges)")
    let start = ranges.map(\.lowerBound)
    let maps = start.map { (scale: 1.0, offset: Double($0)) }
    return GridChange(
      .box(start: start), from: grid, to: grid.rescaled(to: ranges.map(\.count), maps))
  }

  /// Lengths reached by cropping or padding both sides evenly; `nil` keeps a length. Of an odd remainder, the
  /// padding puts the larger part behind, and the crop starts at `old / 2 - new / 2` (MONAI's
  /// `ResizeWithPadOrCrop`).
  ///
  /// - Precondition: lengths of at least 1.
  public static func centered(
    of grid: VolumeGrid, depth: Int? = nil, height: Int? = nil, width: Int? = nil
  ) -> GridChange {
    let lengths = zip([depth, height, width], grid.shape.dimensions).map { $0 ?? $1 }
    shapePrecondition(lengths.allSatisfy { $0 > 0 }, "no lengths [depth, height, width]: \(lengths)")
    let plan = CenterBox(from: grid.shape, to: lengths)
    let ranges = (0..<3).map { axis in
      let start = plan.crop[axis].lowerBound - plan.padding[axis].before
      return start..<start + lengths[axis]
    }
    return box(of: grid, planes: ranges[0], rows: ranges[1], columns: ranges[2])
  }

  /// The smallest box around all voxels above `threshold` in any frame or component, with `margin` voxels on
  /// all sides (which end at the border); the whole grid where there are none.
  public static func foreground(
    of volume: Volume<Float>, above threshold: Float = 0, margin: Int = 0
  ) -> GridChange {
    shapePrecondition(margin >= 0, "a margin of \(margin) voxels")
    let grid = volume.grid
    let found = volume.foregroundBox(above: threshold) ?? grid.shape.dimensions.map { 0..<$0 }
    let box = zip(found, grid.shape.dimensions).map { range, length in
      max(0, range.lowerBound - margin)..<min(length, range.upperBound + margin)
    }
    return Self.box(of: grid, planes: box[0], rows: box[1], columns: box[2])
  }

  /// The grid of another image in the same space, for example to lay a label map over it.
  public static func resampling(from grid: VolumeGrid, to target: VolumeGrid) -> GridChange {
    GridChange(.resampling, from: grid, to: target)
  }
}

extension VolumeGrid {
  /// The grid whose index `n` along an axis (plane, row, column) lies at `scale n + offset` of this one.
  func rescaled(to lengths: [Int], _ maps: [(scale: Double, offset: Double)]) -> VolumeGrid {
    var oldFromNew = VoxelAffine.identity
    for axis in 0..<3 {
      oldFromNew[2 - axis, 2 - axis] = maps[axis].scale
      oldFromNew[2 - axis, 3] = maps[axis].offset
    }
    return VolumeGrid(
      depth: lengths[0], height: lengths[1], width: lengths[2],
      affine: affine.concatenated(with: oldFromNew))
  }
}

extension Volume where Scalar == Float {
  /// The planes, rows and columns that hold a value above `threshold`; `nil` when none does.
  func foregroundBox(above threshold: Float) -> [Range<Int>]? {
    var (planes, rows, columns) = (AxisBounds(), AxisBounds(), AxisBounds())
    voxels.withUnsafeBufferPointer { values in
      let row = width * componentCount
      for line in 0..<frameCount * depth * height {
        let base = line * row
        guard let first = (0..<row).first(where: { values[base + $0] > threshold }) else { continue }
        let last = (first..<row).last { values[base + $0] > threshold } ?? first
        planes.include(line / height % depth)
        rows.include(line % height)
        columns.include(first / componentCount)
        columns.include(last / componentCount)
      }
    }
    guard let planes = planes.range, let rows = rows.range, let columns = columns.range else { return nil }
    return [planes, rows, columns]
  }
}

/// The smallest and largest index seen along an axis.
private struct AxisBounds {
  private var first = Int.max
  private var last = -1

  mutating func include(_ index: Int) {
    first = min(first, index)
    last = max(last, index)
  }

  var range: Range<Int>? { last < 0 ? nil : first..<last + 1 }
}
