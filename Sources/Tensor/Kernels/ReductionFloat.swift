internal import CSuperCLKernels

/// Folds that have a kernel for `Float`.
enum FoldKernel {
  case sum
  case maximum
  case minimum

  fileprivate var function: Int32 {
    switch self {
    case .sum: Int32(SCL_FOLD_ADD.rawValue)
    case .maximum: Int32(SCL_FOLD_MAXIMUM.rawValue)
    case .minimum: Int32(SCL_FOLD_MINIMUM.rawValue)
    }
  }
}

/// The C kernels that fold floats.
enum ReductionFloat {
  /// Folds the rows of `[rows, columns]` into one; with one column, the elements into one.
  static func fold(
    _ kernel: FoldKernel, rows: Int, columns: Int, _ input: UnsafeRawPointer,
    into output: UnsafeMutableRawPointer
  ) {
    let input = input.assumingMemoryBound(to: Float.self)
    let output = output.assumingMemoryBound(to: Float.self)
    if columns == 1 {
      output[0] = scl_reduction().pointee.row(kernel.function, rows, input)
    } else {
      scl_reduction().pointee.columns(kernel.function, rows, columns, input, output)
    }
  }
}
