/// The loops behind all reductions.
///
/// The order of the additions depends on the shape alone, never on the number of threads, and is a tree:
/// the rounding error of a sum of n grows like log n, not like n.
enum Reduction {
  /// Elements of a row that are folded one after the other, in ``lanes`` separate chains.
  static let rowBlock = 128
  /// Elements of a long row that one task folds.
  static let rowPiece = 1 << 15
  /// Rows of a matrix that are added one after the other.
  static let columnBlock = 64
  /// The same of a matrix of fewer than 16 columns, which the `Float` kernel adds in 16 chains.
  static let narrowBlock = 1024
  static let lanes = 8

  /// The tensor seen as `[outer, count, inner]` around the reduced axes, which are neighbours.
  struct Extent {
    let outer: Int
    let count: Int
    let inner: Int

    init(_ shape: TensorShape, axes: Range<Int>) {
      outer = shape.dimensions[..<axes.lowerBound].reduce(1, *)
      count = shape.dimensions[axes].reduce(1, *)
      inner = shape.dimensions[axes.upperBound...].reduce(1, *)
    }
  }

  /// The axes counted from the first and sorted.
  ///
  /// - Precondition: they exist and none is named twice.
  static func normalized(_ axes: [Int], in shape: TensorShape) -> [Int] {
    let sorted = axes.map { shape.normalized(axis: $0) }.sorted()
    shapePrecondition(
      zip(sorted, sorted.dropFirst()).allSatisfy { $0 != $1 },
      "an axis is named twice in \(axes), of a tensor of shape \(shape)")
    return sorted
  }

  /// Folds the elements along `axes` by an associative function, as a tree in a fixed order.
  ///
  /// - Parameter identity: the result for no elements; `nil` traps on them.
  /// - Parameter kernel: what folds `Float` in place of `combine`.
  @inline(__always)
  static func fold<Scalar>(
    _ tensor: Tensor<Scalar>, along axes: [Int], identity: Scalar?, _ kernel: FoldKernel? = nil,
    name: StaticString = #function, _ combine: (Scalar, Scalar) -> Scalar
  ) -> Tensor<Scalar> {
    Profiler.measure(
      name.operatorName, flops: tensor.elementCount, bytes: tensor.elementCount * MemoryLayout<Scalar>.stride
    ) { folded(tensor, along: axes, identity: identity, kernel, combine) }
  }

  @inline(__always)
  private static func folded<Scalar>(
    _ tensor: Tensor<Scalar>, along axes: [Int], identity: Scalar?, _ kernel: FoldKernel?,
    _ combine: (Scalar, Scalar) -> Scalar
  ) -> Tensor<Scalar> {
    var result = tensor
    // Runs of neighbouring axes from the last to the first, each in one pass.
    var rest = normalized(axes, in: tensor.shape)
    while let last = rest.popLast() {
      var first = last
      while rest.last == first - 1 {
        first -= 1
        rest.removeLast()
      }
      let extent = Extent(result.shape, axes: first..<last + 1)
      let lengths = result.shape.dimensions
      let shape = TensorShape(Array(lengths[..<first] + lengths[(last + 1)...]))
      shapePrecondition(
        extent.count > 0 || identity != nil || shape.elementCount == 0,
        "axes \(axes) of a tensor of shape \(tensor.shape) hold no elements to reduce")
      if extent.count == 0 {
        result = Tensor(repeating: identity ?? .zeroValue, shape: shape)
      } else {
        result = fold(result, extent, kernel, combine).reshaped(shape)
      }
    }
    return result
  }

  /// Folds `[outer, count, inner]` to `[outer, inner]` in passes that each shorten `count`.
  @inline(__always)
  private static func fold<Scalar>(
    _ tensor: Tensor<Scalar>, _ extent: Extent, _ kernel: FoldKernel?, _ combine: (Scalar, Scalar) -> Scalar
  ) -> Tensor<Scalar> {
    let kernel = Scalar.self == Float.self ? kernel : nil
    var current = tensor
    var count = extent.count
    let piece = extent.inner == 1 ? rowPiece : extent.inner < 16 ? narrowBlock : columnBlock
    repeat {
      let pieces = (count + piece - 1) / piece
      let source = current
      let length = count
      current = Tensor(shape: [extent.outer, pieces, extent.inner]) { output in
        source.withUnsafeBufferPointer { input in
          guard let input = input.baseAddress, let output = output.baseAddress else { return }
          let work = max(1, min(piece, length) * extent.inner)
          Parallel.for(extent.outer * pieces, grain: max(1, Elementwise.grain / work)) { range in
            for index in range {
              let (outer, part) = index.quotientAndRemainder(dividingBy: pieces)
              let start = part * piece
              let size = min(piece, length - start)
              let from = input + (outer * length + start) * extent.inner
              if let kernel {
                let target = output + index * extent.inner
                ReductionFloat.fold(kernel, rows: size, columns: extent.inner, from, into: target)
              } else if extent.inner == 1 {
                output[index] = foldRow(from, size, combine)
              } else {
                foldColumns(from, size, extent.inner, into: output + index * extent.inner, combine)
              }
            }
          }
        }
      }
      count = pieces
    } while count > 1
    return current
  }

  /// Folds `count` neighbours: blocks of ``rowBlock``, joined pairwise.
  @inline(__always)
  static func foldRow<Scalar>(
    _ elements: UnsafePointer<Scalar>, _ count: Int, _ combine: (Scalar, Scalar) -> Scalar
  ) -> Scalar {
    if count <= rowBlock { return foldBlock(elements, count, combine) }
    // A binary counter: slot k holds the fold of 2^k blocks.
    return withUnsafeTemporaryAllocation(of: Scalar.self, capacity: 64) { slots in
      var depth = 0
      var block = 0
      var start = 0
      while start < count {
        var value = foldBlock(elements + start, min(rowBlock, count - start), combine)
        var trailing = block
        while trailing & 1 == 1 {
          depth -= 1
          value = combine(slots[depth], value)
          trailing >>= 1
        }
        slots[depth] = value
        depth += 1
        block += 1
        start += rowBlock
      }
      var value = slots[depth - 1]
      for slot in stride(from: depth - 2, through: 0, by: -1) { value = combine(slots[slot], value) }
      return value
    }
  }

  /// Folds at most ``rowBlock`` neighbours in ``lanes`` chains, which the processor runs side by side.
  @inline(__always)
  private static func foldBlock<Scalar>(
    _ elements: UnsafePointer<Scalar>, _ count: Int, _ combine: (Scalar, Scalar) -> Scalar
  ) -> Scalar {
    guard count >= lanes else {
      var value = elements[0]
      for index in 1..<max(count, 1) { value = combine(value, elements[index]) }
      return value
    }
    var (a0, a1, a2, a3) = (elements[0], elements[1], elements[2], elements[3])
    var (a4, a5, a6, a7) = (elements[4], elements[5], elements[6], elements[7])
    var index = lanes
    while index + lanes <= count {
      let next = elements + index
      a0 = combine(a0, next[0])
      a1 = combine(a1, next[1])
      a2 = combine(a2, next[2])
      a3 = combine(a3, next[3])
      a4 = combine(a4, next[4])
      a5 = combine(a5, next[5])
      a6 = combine(a6, next[6])
      a7 = combine(a7, next[7])
      index += lanes
    }
    var value = combine(
      combine(combine(a0, a1), combine(a2, a3)), combine(combine(a4, a5), combine(a6, a7)))
    while index < count {
      value = combine(value, elements[index])
      index += 1
    }
    return value
  }

  /// Folds the rows of a matrix `[count, inner]` into one row, in order.
  @inline(__always)
  private static func foldColumns<Scalar>(
    _ rows: UnsafePointer<Scalar>, _ count: Int, _ inner: Int, into output: UnsafeMutablePointer<Scalar>,
    _ combine: (Scalar, Scalar) -> Scalar
  ) {
    output.update(from: rows, count: inner)
    for row in 1..<max(count, 1) {
      let row = rows + row * inner
      for column in 0..<inner { output[column] = combine(output[column], row[column]) }
    }
  }
}
