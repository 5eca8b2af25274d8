/// Picks rows by index: what gathering, edge padding and nearest resizing have in common.
///
/// The source is read as `[outer, sourceRows, rowBytes]`, the target as `[outer, indices.count, rowBytes]`.
struct RowGather {
  let outer: Int
  let sourceRows: Int
  let rowBytes: Int
  /// A row of the source for every row of the target, each in `0..<sourceRows`; or -1 for the fill.
  let indices: [Int]
  /// The bytes of the row that -1 stands for.
  var fill: [UInt8] = []

  func run(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer) {
    guard outer > 0, rowBytes > 0, !indices.isEmpty else { return }
    let count = indices.count
    let grain = max(1, 131072 / rowBytes)
    withUnsafePlaces { indices, fill in
      Parallel.for(outer * count, grain: grain) { rows in
        var row = rows.lowerBound
        while row < rows.upperBound {
          // One stretch of rows under one outer index.
          let (slab, first) = row.quotientAndRemainder(dividingBy: count)
          let end = min(count, first + rows.upperBound - row)
          let from = source + slab * sourceRows * rowBytes
          let to = target + slab * count * rowBytes
          switch rowBytes {
          case 1: pick(from, to, first..<end, indices, fill, UInt8.self)
          case 2: pick(from, to, first..<end, indices, fill, UInt16.self)
          case 4: pick(from, to, first..<end, indices, fill, UInt32.self)
          case 8: pick(from, to, first..<end, indices, fill, UInt64.self)
          default:
            for index in first..<end {
              let place = indices[index]
              (to + index * rowBytes).copyMemory(
                from: place < 0 ? fill : from + place * rowBytes, byteCount: rowBytes)
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
    _ indices: UnsafeBufferPointer<Int>, _ fill: UnsafeRawPointer, _: Bits.Type
  ) {
    let source = source.assumingMemoryBound(to: Bits.self)
    let target = target.assumingMemoryBound(to: Bits.self)
    guard !self.fill.isEmpty else {
      for row in rows { target[row] = source[indices[row]] }
      return
    }
    let filling = fill.loadUnaligned(as: Bits.self)
    for row in rows { target[row] = indices[row] < 0 ? filling : source[indices[row]] }
  }

  /// The indices, and the row that -1 stands for.
  private func withUnsafePlaces(_ body: (UnsafeBufferPointer<Int>, UnsafeRawPointer) -> Void) {
    indices.withUnsafeBufferPointer { indices in
      (fill.isEmpty ? [0] : fill).withUnsafeBytes { fill in
        guard let base = fill.baseAddress else { return }
        body(indices, base)
      }
    }
  }
}

/// The bytes of `count` copies of a scalar.
func bytes<Scalar: TensorScalar>(of value: Scalar, count: Int) -> [UInt8] {
  [Scalar](repeating: value, count: count).withUnsafeBytes { Array($0) }
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
    indices.withUnsafeBufferPointer { indices in
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
  /// The parts at `indices` along an axis, one after the other. The indices are checked by the caller; -1
  /// gives a part filled with `fill`.
  func gatheringRows(along axis: Int, _ indices: [Int], fill: Scalar? = nil) -> Tensor {
    let inner = shape.dimensions[(axis + 1)...].reduce(1, *)
    let target = shape.replacing(axis: axis, with: indices.count)
    return withExtendedLifetime(self) {
      Self.moving(to: target) {
        RowGather(
          outer: shape.dimensions[..<axis].reduce(1, *), sourceRows: shape.dimensions[axis],
          rowBytes: inner * MemoryLayout<Scalar>.size, indices: indices,
          fill: fill.map { bytes(of: $0, count: inner) } ?? []
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
    Profiler.measure("scatter add", bytes: 3 * updates.elementCount * MemoryLayout<Scalar>.stride) {
      withUnsafeMutableBufferPointer { target in
        guard let base = target.baseAddress else { return }
        withExtendedLifetime(updates) { scatter.add(updates.pointer, to: base) }
      }
    }
  }
}
