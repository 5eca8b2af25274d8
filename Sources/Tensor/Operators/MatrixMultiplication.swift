/// Which operands of a matrix product are taken transposed. Nothing is copied for it.
public enum TransposedOperands: Hashable, Sendable {
  /// a b
  case neither
  /// a^T b
  case left
  /// a b^T
  case right
  /// a^T b^T
  case both

  package var isLeft: Bool { self == .left || self == .both }
  package var isRight: Bool { self == .right || self == .both }
}

extension Tensor where Scalar: TensorNumericScalar {
  /// The matrix product over the last two axes, `[..., m, k]` by `[..., k, n]` to `[..., m, n]`; the axes
  /// before them are batches and broadcast.
  ///
  /// `Float` and `Double` run in OpenBLAS on blocks cut by the shape, so that the bits do not depend on the
  /// number of threads; integers run in plain loops and trap on overflow. With k = 0 the product is 0.
  ///
  ///     let a = Tensor<Float>(rows: [[1, 2], [3, 4]])
  ///     a.matmul(a)                        // [[7, 10], [15, 22]]
  ///     a.matmul(a, transposing: .right)   // a times its transpose: [[5, 11], [11, 25]]
  ///
  /// - Parameter transposing: the operands whose last two axes are swapped, without a copy.
  /// - Parameter other: The right operand.
  /// - Precondition: both ranks are at least 2, the inner lengths agree and the batch axes broadcast.
  /// - Complexity: O(m k n) for each product of the batch.
  public func matmul(_ other: Tensor, transposing: TransposedOperands = .neither) -> Tensor {
    let product = MatrixProduct(shape, other.shape, transposing)
    return Profiler.measure(
      "matmul", flops: 2 * product.shape.elementCount * product.depth,
      bytes: (elementCount + other.elementCount + product.shape.elementCount) * MemoryLayout<Scalar>.stride
    ) { product.multiply(self, other) }
  }

  /// Adds the matrix product of two others, which has the shape of this one, in place: it takes no memory of its own.
  package mutating func add(
    productOf left: Tensor, _ right: Tensor, transposing: TransposedOperands = .neither
  ) {
    let product = MatrixProduct(left.shape, right.shape, transposing)
    shapePrecondition(
      product.shape == shape, "a product of shape \(product.shape) is not added to shape \(shape)")
    guard product.depth > 0 else { return }
    Profiler.measure(
      "matmul", flops: 2 * product.shape.elementCount * product.depth,
      bytes: (left.elementCount + right.elementCount + 2 * elementCount) * MemoryLayout<Scalar>.stride
    ) {
      withUnsafeMutableBufferPointer { product.multiply(left, right, into: $0.baseAddress, .added) }
    }
  }
}
