extension Tensor where Scalar: TensorFloatingPointScalar {
  /// How many elements are NaN or infinite, and the index of the first in row-major order.
  ///
  /// A sum that is finite has finite terms alone, so the rule costs one vectorised sum; elements are looked at one by one
  /// only where it is not.
  package var nonFiniteElements: (count: Int, first: Int?) {
    if sum().item.isFinite { return (0, nil) }
    return withUnsafeBufferPointer { values in
      (values.count { !$0.isFinite }, values.firstIndex { !$0.isFinite })
    }
  }
}
