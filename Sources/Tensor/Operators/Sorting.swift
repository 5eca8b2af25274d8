/// The order of a sort. NaN counts as the largest of all numbers.
public enum SortOrder: Hashable, Sendable {
  case ascending
  case descending
}

extension Tensor where Scalar: TensorNumericScalar {
  /// The elements sorted along an axis. Equal elements keep their order; NaN counts as largest.
  ///
  ///     Tensor<Float>([3, 1, 2]).sorted(along: 0)   // [1, 2, 3]
  ///
  /// - Precondition: the axis exists.
  /// - Complexity: O(n log n) for each line of n elements.
  public func sorted(along axis: Int, order: SortOrder = .ascending) -> Tensor {
    ranked(along: axis, order: order, keeping: shape[axis]).values
  }

  /// The indices along an axis that would sort it: element k of the result is the place of the k-th element
  /// in order. Equal elements keep their order; NaN counts as largest.
  ///
  ///     Tensor<Float>([3, 1, 2]).argsorted(along: 0)   // [1, 2, 0]
  ///
  /// - Precondition: the axis exists.
  public func argsorted(along axis: Int, order: SortOrder = .ascending) -> Tensor<Int32> {
    ranked(along: axis, order: order, keeping: shape[axis]).indices
  }

  /// The `count` largest elements along an axis, the largest first, and their indices; of equal elements the
  /// first ones. NaN counts as largest.
  ///
  ///     Tensor<Float>([3, 1, 2]).topK(2, along: 0).values   // [3, 2]
  ///
  /// - Precondition: the axis exists and `0 <= count <= shape[axis]`.
  /// - Complexity: O(n log n) for each line of n elements.
  public func topK(_ count: Int, along axis: Int) -> (values: Tensor, indices: Tensor<Int32>) {
    shapePrecondition(
      count >= 0 && count <= shape[axis],
      "axis \(axis) of a tensor of shape \(shape) has no \(count) largest elements")
    return ranked(along: axis, order: .descending, keeping: count)
  }

  /// The first `count` elements of every line in order, with their places.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  @specialized(where Scalar == Int32)
  private func ranked(
    along axis: Int, order: SortOrder, keeping count: Int
  ) -> (values: Tensor, indices: Tensor<Int32>) {
    let axis = shape.normalized(axis: axis)
    let extent = Reduction.Extent(shape, axes: axis..<axis + 1)
    shapePrecondition(
      extent.count <= Int(Int32.max), "axis \(axis) of shape \(shape) is too long for Int32 indices")
    let target = shape.replacing(axis: axis, with: count)
    var indices = Tensor<Int32>(zeros: target)
    let values = indices.withUnsafeMutableBufferPointer { places in
      Tensor(shape: target) { output in
        withUnsafeBufferPointer { input in
          let lines = extent.outer * extent.inner
          Parallel.for(lines, grain: Swift.max(1, Elementwise.grain / 16 / Swift.max(1, extent.count))) {
            range in
            var line: [(value: Scalar, index: Int32)] = []
            line.reserveCapacity(extent.count)
            for index in range {
              let (outer, inner) = index.quotientAndRemainder(dividingBy: extent.inner)
              line.removeAll(keepingCapacity: true)
              for place in 0..<extent.count {
                line.append((input[(outer * extent.count + place) * extent.inner + inner], Int32(place)))
              }
              if order == .ascending {
                line.sort {
                  precedes($0.value, $1.value) || (!precedes($1.value, $0.value) && $0.index < $1.index)
                }
              } else {
                line.sort {
                  precedes($1.value, $0.value) || (!precedes($0.value, $1.value) && $0.index < $1.index)
                }
              }
              for place in 0..<count {
                let target = (outer * count + place) * extent.inner + inner
                output[target] = line[place].value
                places[target] = line[place].index
              }
            }
          }
        }
      }
    }
    return (values, indices)
  }
}

/// Whether `a` comes before `b` in ascending order with NaN last.
@inline(__always)
private func precedes<Scalar: Comparable>(_ a: Scalar, _ b: Scalar) -> Bool {
  a < b || (b != b && a == a)
}
