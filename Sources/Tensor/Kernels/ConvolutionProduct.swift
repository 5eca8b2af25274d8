internal import CSuperCLOpenBLAS

/// The matrix products of the exact convolution: OpenBLAS on the calling thread, because this library shares
/// out the work itself.
enum ConvolutionProduct {
  /// Reading it once, on first use, holds OpenBLAS to one thread for the whole process.
  private static let isSingleThreaded: Bool = {
    openblas_set_num_threads(1)
    return true
  }()

  /// Does nothing but make sure that OpenBLAS runs on one thread.
  static func prepare() { _ = isSingleThreaded }

  /// How a matrix is read.
  enum Reading {
    case asStored
    case transposed

    fileprivate var code: CBLAS_TRANSPOSE { self == .asStored ? CblasNoTrans : CblasTrans }
  }

  /// `c = a b + scale c` for row-major matrices: `a` is `[rows, inner]`, `b` `[inner, columns]` as read, `c`
  /// `[rows, columns]`; the strides are the distances between stored rows.
  static func multiply<Scalar: TensorFloatingPointScalar>(
    _ a: UnsafePointer<Scalar>, _ readingA: Reading = .asStored, rowStrideA: Int,
    _ b: UnsafePointer<Scalar>, _ readingB: Reading = .asStored, rowStrideB: Int,
    addingToScaled scale: Scalar = 0, _ c: UnsafeMutablePointer<Scalar>, rowStrideC: Int,
    rows: Int, inner: Int, columns: Int
  ) {
    guard rows > 0, columns > 0 else { return }
    prepare()
    let (m, n, k) = (blasInteger(rows), blasInteger(columns), blasInteger(inner))
    let lda = blasInteger(max(rowStrideA, 1))
    let ldb = blasInteger(max(rowStrideB, 1))
    let ldc = blasInteger(max(rowStrideC, 1))
    let (rawA, rawB, rawC) = (UnsafeRawPointer(a), UnsafeRawPointer(b), UnsafeMutableRawPointer(c))
    if Scalar.self == Float.self {
      cblas_sgemm(
        CblasRowMajor, readingA.code, readingB.code, m, n, k, 1,
        rawA.assumingMemoryBound(to: Float.self), lda, rawB.assumingMemoryBound(to: Float.self), ldb,
        Float(scale), rawC.assumingMemoryBound(to: Float.self), ldc)
    } else {
      shapePrecondition(Scalar.self == Double.self, "no matrix product for \(Scalar.scalarName)")
      cblas_dgemm(
        CblasRowMajor, readingA.code, readingB.code, m, n, k, 1,
        rawA.assumingMemoryBound(to: Double.self), lda, rawB.assumingMemoryBound(to: Double.self), ldb,
        Double(scale), rawC.assumingMemoryBound(to: Double.self), ldc)
    }
  }

  private static func blasInteger(_ value: Int) -> Int32 {
    shapePrecondition(value <= Int(Int32.max), "OpenBLAS counts to 2^31 - 1, not to \(value)")
    return Int32(value)
  }
}
