/// Moves elements between two strided layouts of one shape.
///
/// Slices, permutations, flips and broadcasts differ in their strides only, so all of them are this one
/// loop. It works on the bits of an element and therefore serves every scalar: 1, 2, 4 or 8 bytes.
struct StridedCopy {
  private var lengths: [Int] = []
  private var sourceStrides: [Int] = []
  private var targetStrides: [Int] = []
  private var isEmpty = false

  /// - Parameters:
  ///   - lengths: The lengths of the axes, outermost first.
  ///   - sourceStrides: The distance in elements between neighbours of the source: 0 repeats an element, a
  ///     negative stride walks back.
  ///   - targetStrides: The same for the target.
  init(lengths: [Int], sourceStrides: [Int], targetStrides: [Int]) {
    for axis in lengths.indices {
      if lengths[axis] == 0 { isEmpty = true }
      if lengths[axis] == 1 { continue }
      // An axis that continues the one outside it in both layouts is no axis of its own.
      if let last = self.lengths.indices.last,
        self.sourceStrides[last] == sourceStrides[axis] * lengths[axis],
        self.targetStrides[last] == targetStrides[axis] * lengths[axis]
      {
        self.lengths[last] *= lengths[axis]
        self.sourceStrides[last] = sourceStrides[axis]
        self.targetStrides[last] = targetStrides[axis]
      } else {
        self.lengths.append(lengths[axis])
        self.sourceStrides.append(sourceStrides[axis])
        self.targetStrides.append(targetStrides[axis])
      }
    }
  }

  /// Copies; the pointers are those of the element whose indices are all zero.
  func run(from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, elementSize: Int) {
    guard !isEmpty else { return }
    switch elementSize {
    case 1: run(source.assumingMemoryBound(to: UInt8.self), target.assumingMemoryBound(to: UInt8.self))
    case 2: run(source.assumingMemoryBound(to: UInt16.self), target.assumingMemoryBound(to: UInt16.self))
    case 4: run(source.assumingMemoryBound(to: UInt32.self), target.assumingMemoryBound(to: UInt32.self))
    case 8: run(source.assumingMemoryBound(to: UInt64.self), target.assumingMemoryBound(to: UInt64.self))
    default: shapePreconditionFailure("a tensor has no scalars of \(elementSize) bytes")
    }
  }

  @inline(__always)
  private func run<Bits: BitwiseCopyable>(
    _ source: UnsafePointer<Bits>, _ target: UnsafeMutablePointer<Bits>
  ) {
    // Every copy is a set of planes: an inner axis, an axis of rows, and the rest.
    var axes = Array(lengths.indices)
    guard let inner = axes.popLast() else {
      target.pointee = source.pointee
      return
    }
    let isTransposing = sourceStrides[inner].magnitude > 1
    var row: Int?
    if isTransposing {
      row = axes.min { sourceStrides[$0].magnitude < sourceStrides[$1].magnitude }
      axes.removeAll { $0 == row }
    } else {
      row = axes.popLast()
    }
    let plane = CopyPlane(
      rows: row.map { lengths[$0] } ?? 1, columns: lengths[inner],
      sourceRow: row.map { sourceStrides[$0] } ?? 0, sourceColumn: sourceStrides[inner],
      targetRow: row.map { targetStrides[$0] } ?? 0, targetColumn: targetStrides[inner])

    // A task is a band of rows of one plane, about 64 KiB of 4-byte elements.
    let band = min(plane.rows, max(32, (16384 / plane.columns) / 32 * 32))
    let bands = (plane.rows + band - 1) / band
    let planes = axes.reduce(1) { $0 * lengths[$1] }
    let grain = max(1, 65536 / (band * plane.columns))
    Parallel.for(planes * bands, grain: grain) { tasks in
      for task in tasks {
        var rest = task / bands
        var from = source
        var to = target
        for axis in axes.reversed() {
          let (quotient, index) = rest.quotientAndRemainder(dividingBy: lengths[axis])
          from += index * sourceStrides[axis]
          to += index * targetStrides[axis]
          rest = quotient
        }
        let first = task % bands * band
        let rows = first..<min(plane.rows, first + band)
        if isTransposing {
          plane.copyTiles(from, to, rows: rows)
        } else {
          plane.copyRows(from, to, rows: rows)
        }
      }
    }
  }
}

/// Two axes of a strided copy: lengths, and strides in elements.
private struct CopyPlane {
  var rows, columns: Int
  var sourceRow, sourceColumn: Int
  var targetRow, targetColumn: Int

  @inline(__always)
  func copyRows<Bits: BitwiseCopyable>(
    _ source: UnsafePointer<Bits>, _ target: UnsafeMutablePointer<Bits>, rows: Range<Int>
  ) {
    for row in rows {
      let from = source + row * sourceRow
      let to = target + row * targetRow
      if sourceColumn == 1 && targetColumn == 1 {
        if columns >= 16 {
          to.update(from: from, count: columns)
        } else {
          for column in 0..<columns { to[column] = from[column] }
        }
      } else if sourceColumn == 0 && targetColumn == 1 {
        to.update(repeating: from.pointee, count: columns)
      } else {
        for column in 0..<columns { to[column * targetColumn] = from[column * sourceColumn] }
      }
    }
  }

  /// Tiles of 32 x 32 keep both sides of a transposition in the cache.
  @inline(__always)
  func copyTiles<Bits: BitwiseCopyable>(
    _ source: UnsafePointer<Bits>, _ target: UnsafeMutablePointer<Bits>, rows: Range<Int>
  ) {
    for top in stride(from: rows.lowerBound, to: rows.upperBound, by: 32) {
      let bottom = min(top + 32, rows.upperBound)
      for left in stride(from: 0, to: columns, by: 32) {
        let right = min(left + 32, columns)
        for row in top..<bottom {
          let from = source + row * sourceRow
          let to = target + row * targetRow
          for column in left..<right { to[column * targetColumn] = from[column * sourceColumn] }
        }
      }
    }
  }
}

extension Tensor {
  /// A tensor of `shape` whose bytes `write` fills; it must write every one of them.
  static func moving(to shape: TensorShape, _ write: (UnsafeMutableRawPointer) -> Void) -> Tensor {
    Profiler.measure("copy", bytes: 2 * shape.elementCount * MemoryLayout<Scalar>.stride) {
      let storage = TensorStorage<Scalar>(uninitializedCount: shape.elementCount)
      write(UnsafeMutableRawPointer(storage.pointer))
      return Tensor(storage: storage, shape: shape)
    }
  }

  /// The elements at `start` and the multiples of `strides` from it, as a contiguous tensor of `shape`.
  func gatheringStrided(to shape: TensorShape, start: Int, strides: [Int]) -> Tensor {
    withExtendedLifetime(self) {
      Self.moving(to: shape) { target in
        StridedCopy(lengths: shape.dimensions, sourceStrides: strides, targetStrides: shape.strides)
          .run(from: pointer + start, to: target, elementSize: MemoryLayout<Scalar>.size)
      }
    }
  }

  /// Writes `part` to the elements at `start` and the multiples of `strides` from it.
  mutating func scatterStrided(_ part: Tensor, start: Int, strides: [Int]) {
    Profiler.measure("copy", bytes: 2 * part.elementCount * MemoryLayout<Scalar>.stride) {
      withUnsafeMutableBufferPointer { target in
        guard let base = target.baseAddress else { return }
        withExtendedLifetime(part) {
          StridedCopy(
            lengths: part.shape.dimensions, sourceStrides: part.shape.strides, targetStrides: strides
          ).run(from: part.pointer, to: base + start, elementSize: MemoryLayout<Scalar>.size)
        }
      }
    }
  }
}
