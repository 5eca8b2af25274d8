/// The loop behind argmax and argmin.
enum ArgumentReduction {
  /// The index along `axis` of the first element that no other one beats; a NaN beats everything.
  @inline(__always)
  static func firstIndex<Scalar: TensorNumericScalar>(
    _ tensor: Tensor<Scalar>, along axis: Int, _ beats: (Scalar, Scalar) -> Bool
  ) -> Tensor<Int32> {
    let axis = tensor.shape.normalized(axis: axis)
    let extent = Reduction.Extent(tensor.shape, axes: axis..<axis + 1)
    let shape = tensor.shape.removing(axis: axis)
    shapePrecondition(
      extent.count > 0 || shape.elementCount == 0,
      "axis \(axis) of a tensor of shape \(tensor.shape) holds no elements to choose from")
    shapePrecondition(
      extent.count <= Int(Int32.max), "axis \(axis) of shape \(tensor.shape) is too long for Int32 indices")
    return Tensor<Int32>(shape: shape) { output in
      tensor.withUnsafeBufferPointer { input in
        let work = Swift.max(1, extent.count * extent.inner)
        Parallel.for(extent.outer, grain: Swift.max(1, Elementwise.grain / work)) { range in
          for outer in range {
            let base = outer * extent.count * extent.inner
            for inner in 0..<extent.inner {
              var best = input[base + inner]
              var bestIndex = 0
              for index in 1..<Swift.max(extent.count, 1) {
                let value = input[base + index * extent.inner + inner]
                if beats(value, best) || (value != value && best == best) {
                  best = value
                  bestIndex = index
                }
              }
              output[outer * extent.inner + inner] = Int32(bestIndex)
            }
          }
        }
      }
    }
  }
}
