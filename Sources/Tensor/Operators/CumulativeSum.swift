/// The end at which a running sum begins.
public enum CumulativeDirection: Hashable, Sendable {
  /// Element k of the result is the sum of elements 0...k.
  case forward
  /// Element k of the result is the sum of elements k..<n.
  case backward
}

extension Tensor where Scalar: TensorNumericScalar {
  /// The running sum along an axis, each element included, of the same shape.
  ///
  ///     Tensor<Float>([1, 2, 3]).cumulativeSum(along: 0)                         // [1, 3, 6]
  ///     Tensor<Float>([1, 2, 3]).cumulativeSum(along: 0, direction: .backward)   // [6, 5, 3]
  ///
  /// Elements are added one after the other: the rounding error grows with the length of the axis.
  /// Integers trap on overflow.
  ///
  /// - Precondition: the axis exists.
  /// - Complexity: O(elements).
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  public func cumulativeSum(along axis: Int, direction: CumulativeDirection = .forward) -> Tensor {
    let axis = shape.normalized(axis: axis)
    let extent = Reduction.Extent(shape, axes: axis..<axis + 1)
    let size = extent.count * extent.inner
    let step = direction == .forward ? extent.inner : -extent.inner
    return Tensor(shape: shape) { output in
      withUnsafeBufferPointer { input in
        guard let input = input.baseAddress, let output = output.baseAddress, elementCount > 0 else { return }
        Parallel.for(extent.outer, grain: Swift.max(1, Elementwise.grain / size)) { range in
          for outer in range {
            let first = outer * size + (direction == .forward ? 0 : size - extent.inner)
            for inner in 0..<extent.inner { output[first + inner] = input[first + inner] }
            for place in 1..<extent.count {
              let row = first + place * step
              for inner in 0..<extent.inner {
                output[row + inner] = output[row - step + inner] + input[row + inner]
              }
            }
          }
        }
      }
    }
  }
}
