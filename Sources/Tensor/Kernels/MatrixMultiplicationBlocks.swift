/// The shape of a batched matrix product, cut into blocks for the parallel loop.
struct MatrixProduct {
  let shape: TensorShape
  let rows: Int
  let columns: Int
  let depth: Int
  let transposing: TransposedOperands
  private let batches: BroadcastPlan
  private let leftSize: Int
  private let rightSize: Int

  init(_ left: TensorShape, _ right: TensorShape, _ transposing: TransposedOperands) {
    func refusal() -> String { "shapes \(left) and \(right) do not multiply (transposing: \(transposing))" }
    shapePrecondition(left.rank >= 2 && right.rank >= 2, refusal())
    rows = transposing.isLeft ? left[-1] : left[-2]
    depth = transposing.isLeft ? left[-2] : left[-1]
    columns = transposing.isRight ? right[-2] : right[-1]
    shapePrecondition(depth == (transposing.isRight ? right[-1] : right[-2]), refusal())
    let leftBatch = TensorShape(Array(left.dimensions.dropLast(2)))
    let rightBatch = TensorShape(Array(right.dimensions.dropLast(2)))
    shapePrecondition(leftBatch.broadcast(with: rightBatch) != nil, refusal())
    batches = BroadcastPlan(leftBatch, rightBatch)
    shape = TensorShape(batches.shape.dimensions + [rows, columns])
    leftSize = rows * depth
    rightSize = depth * columns
    self.transposing = transposing
  }

  /// Multiplications that one block should hold at least: a block takes tenths of a millisecond.
  private static let blockWork = 1 << 24
  /// Rows or columns that a block should hold at least: the other operand is packed anew for each block.
  private static let blockSide = 192

  func multiply<Scalar: TensorNumericScalar>(_ left: Tensor<Scalar>, _ right: Tensor<Scalar>) -> Tensor<
    Scalar
  > {
    if depth == 0 { return Tensor(zeros: shape) }
    return Tensor(shape: shape) { multiply(left, right, into: $0.baseAddress, .stored) }
  }

  /// What becomes of a product at the place of its result.
  enum Destination { case stored, added }

  func multiply<Scalar: TensorNumericScalar>(
    _ left: Tensor<Scalar>, _ right: Tensor<Scalar>, into output: UnsafeMutablePointer<Scalar>?,
    _ destination: Destination
  ) {
    guard let output, shape.elementCount > 0 else { return }
    left.withUnsafeBufferPointer { left in
      right.withUnsafeBufferPointer { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return }
        forEachBlock { batch, leftBatch, rightBatch, rowRange, columnRange in
          let a = left + leftBatch * leftSize + rowRange.lowerBound * (transposing.isLeft ? 1 : depth)
          let b = right + rightBatch * rightSize + columnRange.lowerBound * (transposing.isRight ? depth : 1)
          let c = output + (batch * rows + rowRange.lowerBound) * columns + columnRange.lowerBound
          block(a, b, c, rows: rowRange.count, columns: columnRange.count, destination)
        }
      }
    }
  }

  /// Calls `body` with the indices of the three matrices and with ranges of rows and columns. The cut
  /// depends on the shape alone.
  private func forEachBlock(
    _ body: (_ batch: Int, _ left: Int, _ right: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void
  ) {
    let work = rows * columns * depth
    let wanted = max(1, min(64, work / Self.blockWork))
    // Along the longer side; 192 is a multiple of what most micro-kernels take at a time.
    let cutsRows = rows >= columns
    let side = cutsRows ? rows : columns
    let piece = min(
      side, ((side + wanted - 1) / wanted + Self.blockSide - 1) / Self.blockSide * Self.blockSide)
    let pieces = (side + piece - 1) / piece
    var operands: [(left: Int, right: Int)] = []
    if batches.shape.elementCount > 1 { operands = batches.allPairs() }
    let grain = max(1, Self.blockWork / max(1, work / pieces))
    Parallel.for(batches.shape.elementCount * pieces, grain: grain) { range in
      for index in range {
        let (batch, part) = index.quotientAndRemainder(dividingBy: pieces)
        let pair = operands.isEmpty ? (left: 0, right: 0) : operands[batch]
        let cut = part * piece..<min(side, (part + 1) * piece)
        body(batch, pair.left, pair.right, cutsRows ? cut : 0..<rows, cutsRows ? 0..<columns : cut)
      }
    }
  }

  /// One block of the result, from the first elements of its rows, its columns and itself.
  func block<Scalar: TensorNumericScalar>(
    _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, _ c: UnsafeMutablePointer<Scalar>,
    rows blockRows: Int, columns blockColumns: Int, _ destination: Destination = .stored
  ) {
    let isAdded = destination == .added
    let aStride = transposing.isLeft ? rows : depth
    let bStride = transposing.isRight ? depth : columns
    if Scalar.self == Float.self {
      BLAS.product(
        UnsafeRawPointer(a).assumingMemoryBound(to: Float.self), transposing.isLeft, aStride,
        UnsafeRawPointer(b).assumingMemoryBound(to: Float.self), transposing.isRight, bStride,
        into: UnsafeMutableRawPointer(c).assumingMemoryBound(to: Float.self), columns,
        accumulating: isAdded ? 1 : 0,
        rows: blockRows, columns: blockColumns, depth: depth)
    } else if Scalar.self == Double.self {
      BLAS.product(
        UnsafeRawPointer(a).assumingMemoryBound(to: Double.self), transposing.isLeft, aStride,
        UnsafeRawPointer(b).assumingMemoryBound(to: Double.self), transposing.isRight, bStride,
        into: UnsafeMutableRawPointer(c).assumingMemoryBound(to: Double.self), columns,
        accumulating: isAdded ? 1 : 0,
        rows: blockRows, columns: blockColumns, depth: depth)
    } else {
      let (aRow, aStep) = transposing.isLeft ? (1, aStride) : (aStride, 1)
      let (bStep, bColumn) = transposing.isRight ? (1, bStride) : (bStride, 1)
      for row in 0..<blockRows {
        for column in 0..<blockColumns {
          var sum = isAdded ? c[row * columns + column] : 0
          for inner in 0..<depth {
            sum += a[row * aRow + inner * aStep] * b[inner * bStep + column * bColumn]
          }
          c[row * columns + column] = sum
        }
      }
    }
  }
}

extension BroadcastPlan {
  /// The element of the left and of the right operand beside every element of the result.
  func allPairs() -> [(left: Int, right: Int)] {
    var pairs: [(left: Int, right: Int)] = []
    pairs.reserveCapacity(shape.elementCount)
    forEachRunInOrder { _, left, right, count in
      for index in 0..<count { pairs.append((left + index * leftStep, right + index * rightStep)) }
    }
    return pairs
  }
}
