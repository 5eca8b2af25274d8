extension Tensor where Scalar: TensorFloatingPointScalar {
  /// The products of all rows of a matrix `[n, d]` with one another, `x x^T`: `[n, n]`, symmetric to the last bit.
  ///
  /// Blocks on and below the diagonal are multiplied, the others are their mirror images: about half of the work of
  /// ``matmul(_:transposing:)``. The bits do not depend on the number of threads.
  package func rowProducts() -> Tensor { symmetricProduct(.right) }

  /// The products of all columns of a matrix `[n, d]` with one another, `x^T x`: `[d, d]`, as ``rowProducts()``.
  package func columnProducts() -> Tensor { symmetricProduct(.left) }

  private func symmetricProduct(_ transposing: TransposedOperands) -> Tensor {
    shapePrecondition(rank == 2, "products of rows are of a matrix [n, d], not of \(shape)")
    let product = MatrixProduct(shape, shape, transposing)
    return Profiler.measure(
      "symmetric product", flops: product.shape.elementCount * product.depth,
      bytes: (elementCount + product.shape.elementCount) * MemoryLayout<Scalar>.stride
    ) { product.multiplyByItself(self) }
  }
}

extension MatrixProduct {
  /// Rows of a block: a multiple of what most micro-kernels take at a time.
  private static let symmetricSide = 192

  /// A matrix times its own transpose, or the reverse.
  fileprivate func multiplyByItself<Scalar: TensorFloatingPointScalar>(
    _ matrix: Tensor<Scalar>
  ) -> Tensor<Scalar> {
    if depth == 0 { return Tensor(zeros: shape) }
    let side = Self.symmetricSide
    let pieces = (rows + side - 1) / side
    let rowStep = transposing.isLeft ? 1 : depth
    return Tensor(shape: shape) { output in
      matrix.withUnsafeBufferPointer { matrix in
        guard let output = output.baseAddress, let matrix = matrix.baseAddress else { return }
        let pieceWork = side * max(rows, 1) * depth
        Parallel.for(pieces, grain: max(1, (1 << 22) / pieceWork)) { range in
          for piece in range {
            let (first, end) = (piece * side, min(rows, (piece + 1) * side))
            block(
              matrix + first * rowStep, matrix, output + first * columns, rows: end - first, columns: end)
          }
        }
        mirror(output, pieces: pieces, side: side)
      }
    }
  }

  /// Copies what is below the diagonal to above it, in squares that stay in the first cache.
  private func mirror<Scalar>(_ matrix: UnsafeMutablePointer<Scalar>, pieces: Int, side: Int) {
    let square = 32
    Parallel.for(pieces, grain: max(1, (1 << 16) / (side * max(rows, 1)))) { range in
      for first in stride(from: range.lowerBound * side, to: min(rows, range.upperBound * side), by: square) {
        let rowEnd = min(rows, first + square)
        for start in stride(from: first, to: rows, by: square) {
          for row in first..<rowEnd {
            for column in max(start, row + 1)..<max(min(rows, start + square), max(start, row + 1)) {
              matrix[row * columns + column] = matrix[column * columns + row]
            }
          }
        }
      }
    }
  }
}
