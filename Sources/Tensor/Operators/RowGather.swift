/// Picks rows by index: what gathering, edge padding and nearest resizing have in common.
///
/// The source is read as `[outer, sourceRows, rowBytes]`, the target as `[outer, indices.count, rowBytes]`.
struct RowGather {
  let outer: Int
  let sourceRows: Int
  let rowBytes: Int
  /// A row of the source for every row of the target, each in `0..<sourceRows`.
  let indices: [Int]

  func run(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    guard outer > 0, rowBytes > 0, !indices.isEmpty else { return }
    let count = indices.count
    let grain = max(1, 131072 / rowBytes)
    nonisolated(unsafe) let source = source
    nonisolated(unsafe) let target = target
    indices.withUnsafeBufferPointer { indices in
      nonisolated(unsafe) let indices = indices
      Parallel.for(outer * count, grain: grain) { rows in
        var row = rows.lowerBound
        while row < rows.upperBound {
          // One stretch of rows under one outer index.
          let (slab, first) = row.quotientAndRemainder(dividingBy: count)
          let end = min(count, first + rows.upperBound - row)
          let from = source + slab * sourceRows * rowBytes
          let to = target + slab * count * rowBytes
          switch rowBytes {
          case 1: pick(from, to, first..<end, indices, UInt8.self)
          case 2: pick(from, to, first..<end, indices, UInt16.self)
          case 4: pick(from, to, first..<end, indices, UInt32.self)
          case 8: pick(from, to, first..<end, indices, UInt64.self)
          default:
            for index in first..<end {
              (to + index * rowBytes).copyMemory(from: from + indices[index] * rowBytes, byteCount: rowBytes)
            }
          }
          row += end - first
        }
      }
    }
  }

  @inline(__always)
  private func pick<Bits: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ rows: Range<Int>,
    _ indices: UnsafeBufferPointer<Int>, _: Bits.Type
  ) {
    let source = source.assumingMemoryBound(to: Bits.self)
    let target = target.assumingMemoryBound(to: Bits.self)
    for row in rows { target[row] = source[indices[row]] }
  }
}

/// Adds rows to the rows that indices name: the gradient of ``RowGather``.
///
/// The target is read as `[outer, targetRows, columns]`, the rows as `[outer, indices.count, columns]`. Rows
/// with one index are added in the order in which they stand, whatever the number of threads.
struct RowScatter {
  let outer: Int
  let targetRows: Int
  let columns: Int
  let indices: [Int]

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  func add<Scalar: TensorNumericScalar>(
    _ rows: UnsafePointer<Scalar>, to target: UnsafeMutablePointer<Scalar>
  ) {
    guard outer > 0, columns > 0, !indices.isEmpty else { return }
    // Tasks write apart: slabs, and within a slab bands of columns.
    let band = outer > 1 ? columns : max(16, (columns + 7) / 8)
    let bands = (columns + band - 1) / band
    let grain = max(1, 32768 / (indices.count * band))
    nonisolated(unsafe) let rows = rows
    nonisolated(unsafe) let target = target
    indices.withUnsafeBufferPointer { indices in
      nonisolated(unsafe) let indices = indices
      Parallel.for(outer * bands, grain: grain) { tasks in
        for task in tasks {
          let (slab, part) = task.quotientAndRemainder(dividingBy: bands)
          let first = part * band
          let width = min(band, columns - first)
          let from = rows + slab * indices.count * columns + first
          let to = target + slab * targetRows * columns + first
          for row in 0..<indices.count {
            let source = from + row * columns
            let sum = to + indices[row] * columns
            for column in 0..<width { sum[column] += source[column] }
          }
        }
      }
    }
  }
}

extension Tensor {
  /// The parts at `indices` along an axis, one after the other. The indices are checked by the caller.
  func gatheringRows(along axis: Int, _ indices: [Int]) -> Tensor {
    let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    let target = shape.replacing(axis: axis, with: indices.count)
    return withExtendedLifetime(self) {
      Self.moving(to: target) {
        RowGather(
          outer: shape.dimensions[..<axis].reduce(1, *), sourceRows: shape.dimensions[axis],
          rowBytes: inner * MemoryLayout<Scalar>.size, indices: indices
        ).run(from: pointer, to: $0)
      }
    }
  }
}

extension Tensor where Scalar: TensorNumericScalar {
  /// Adds the parts of `updates` along an axis to the parts of this tensor that `indices` name.
  mutating func scatterRows(along axis: Int, _ indices: [Int], adding updates: Tensor) {
    let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    let scatter = RowScatter(
      outer: shape.dimensions[..<axis].reduce(1, *), targetRows: shape.dimensions[axis], columns: inner,
      indices: indices)
    withUnsafeMutableBufferPointer { target in
      guard let base = target.baseAddress else { return }
      withExtendedLifetime(updates) { scatter.add(updates.pointer, to: base) }
    }
  }
}
