internal import CSuperCLOpenBLAS

/// OpenBLAS, always on one thread of its own: the library's parallel loops call it on fixed blocks, so that
/// results do not depend on the number of threads and no processor is promised twice.
enum BLAS {
  /// Set once, at the first product of the process.
  static let singleThreaded: Void = openblas_set_num_threads(1)

  /// `c = op(a) op(b)` with row-major matrices: op(a) is `[rows, depth]`, op(b) `[depth, columns]`.
  ///
  /// - Parameters:
  ///   - aStride: the distance between rows of `a` as stored; `bStride`, `cStride` likewise.
  ///   - accumulating: 1 adds to what `c` holds, 0 overwrites it.
  static func product(
    _ a: UnsafePointer<Float>, _ aTransposed: Bool, _ aStride: Int,
    _ b: UnsafePointer<Float>, _ bTransposed: Bool, _ bStride: Int,
    into c: UnsafeMutablePointer<Float>, _ cStride: Int, accumulating beta: Float = 0,
    rows: Int, columns: Int, depth: Int
  ) {
    _ = singleThreaded
    cblas_sgemm(
      CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans, bTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows), blasint(columns), blasint(depth), 1, a, blasint(aStride), b, blasint(bStride), beta,
      c, blasint(cStride))
  }

  /// The same in double precision.
  static func product(
    _ a: UnsafePointer<Double>, _ aTransposed: Bool, _ aStride: Int,
    _ b: UnsafePointer<Double>, _ bTransposed: Bool, _ bStride: Int,
    into c: UnsafeMutablePointer<Double>, _ cStride: Int, accumulating beta: Double = 0,
    rows: Int, columns: Int, depth: Int
  ) {
    _ = singleThreaded
    cblas_dgemm(
      CblasRowMajor, aTransposed ? CblasTrans : CblasNoTrans, bTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows), blasint(columns), blasint(depth), 1, a, blasint(aStride), b, blasint(bStride), beta,
      c, blasint(cStride))
  }
}
