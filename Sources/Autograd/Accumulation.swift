import Tensor

/// Adds a gradient part in place.
func += <Scalar: TensorFloatingPointScalar>(sum: inout Tensor<Scalar>, part: Tensor<Scalar>) {
  sum.withUnsafeMutableBufferPointer { target in
    part.withUnsafeBufferPointer { source in
      for index in target.indices { target[index] += source[index] }
    }
  }
}
