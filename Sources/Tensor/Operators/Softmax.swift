extension Tensor where Scalar: TensorFloatingPointScalar {
  /// e^x / sum e^x along an axis, computed with the largest element m taken off, so that nothing overflows.
  ///
  /// The results along the axis are in 0...1 and add up to 1. An element +infinity, or an axis of -infinity
  /// alone, gives NaN.
  ///
  ///     Tensor<Float>([0, 0]).softmax(along: -1)   // [0.5, 0.5]
  ///
  /// - Precondition: the axis exists.
  public func softmax(along axis: Int) -> Tensor {
    if shape[axis] == 0 { return self }
    if let result = normalizedRows(along: axis, .softmax) { return result }
    let kept = shape.keeping(reduced: [axis])
    let exponentials = (self - max(along: axis).reshaped(kept)).exp()
    return exponentials / exponentials.sum(along: axis).reshaped(kept)
  }

  /// The logarithm of ``softmax(along:)``: x - m - log sum e^(x - m), exact also where softmax is 0.
  ///
  /// - Precondition: the axis exists.
  public func logSoftmax(along axis: Int) -> Tensor {
    if shape[axis] == 0 { return self }
    if let result = normalizedRows(along: axis, .logSoftmax) { return result }
    let kept = shape.keeping(reduced: [axis])
    let shifted = self - max(along: axis).reshaped(kept)
    return shifted - shifted.exp().sum(along: axis).log().reshaped(kept)
  }

  /// The rows of floats along the last axis, by the kernel; `nil` for other axes and scalars.
  private func normalizedRows(along axis: Int, _ kernel: SoftmaxKernel) -> Tensor? {
    guard Scalar.self == Float.self, shape.normalized(axis: axis) == rank - 1 else { return nil }
    return Profiler.measure("\(kernel)", bytes: 2 * elementCount * MemoryLayout<Scalar>.stride) {
      Tensor(shape: shape) { output in
        withUnsafeBufferPointer { input in
          guard let input = input.baseAddress, let target = output.baseAddress else { return }
          let length = shape[-1]
          ElementwiseFloat.softmax(kernel, rows: output.count / length, length: length, input, into: target)
        }
      }
    }
  }
}
